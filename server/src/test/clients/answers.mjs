// What the provider says, by the first word of the question. `latency` is in milliseconds before each chunk,
// `chunkSize` in UTF-16 units: with 1, surrogate pairs are cut in two.

export const STORY =
  'Es war einmal ein Bär 🐻 in 東京, der fraß "Zeichen" wie \\ und \t und \u2028 und 👩‍🚀. ' +
  'He went on and on, and nobody told him that a stream may be cut at any place. The end.\n';

export const THOUGHT = 'First I consider the bear 🐻.\n\nThen I consider the end.';

const WEATHER = { id: 'call_weather_1', name: 'getWeather', arguments: '{"city":"Paris","days":[1,2.5,-3e2],"at":null}' };
const TIME = { id: 'call_time_1', name: 'getTime', arguments: '{}' };

/** As deep as Jackson reads by default, so that nothing around it fits. */
const DEEP = '['.repeat(499) + ']'.repeat(499);

export const ANSWERS = {
  tell: { response: { content: STORY }, chunkSize: 1, latency: 1 },
  think: { response: { content: '42.', reasoning: THOUGHT }, chunkSize: 3, latency: 2 },
  weather: { response: { toolCalls: [WEATHER] }, chunkSize: 7, latency: 2 },
  both: {
    response: { content: 'I look it up.', reasoning: THOUGHT, toolCalls: [WEATHER, TIME] },
    chunkSize: 5,
    latency: 2,
  },
  misspelt: { response: { toolCalls: [{ id: 'call_bad_1', name: 'getWeather', arguments: '{"city": Paris}' }] } },
  nul: { response: { toolCalls: [{ id: 'call_nul_1', name: 'write', arguments: '{"text":"a\\u0000b"}' }] } },
  half: { response: { toolCalls: [{ id: 'call_half_1', name: 'write', arguments: '{"text":"a\\ud83d"}' }] } },
  huge: { response: { toolCalls: [{ id: 'call_huge_1', name: 'write', arguments: '{"n":1e200000}' }] } },
  deep: { response: { toolCalls: [{ id: 'call_deep_1', name: 'write', arguments: DEEP }] } },
  overloaded: {
    response: { error: { message: 'overloaded: secret-host-17 sk-live-123', type: 'server_error' }, status: 503 },
  },
  snap: { response: { content: STORY }, chunkSize: 8, latency: 40, truncateAfterChunks: 8 },
  blank: { response: { content: '4', reasoning: THOUGHT }, chunkSize: 4, latency: 40, truncateAfterChunks: 6 },
  hangup: { response: { content: 'Looking.', toolCalls: [WEATHER] }, chunkSize: 4, latency: 40, truncateAfterChunks: 9 },
};
