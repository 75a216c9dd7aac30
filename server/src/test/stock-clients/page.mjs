import assert from 'node:assert/strict';

/** A page with one chat. Its kinds say how they show `messages`, `status` and `error`, and how one acts on them. */
export class Page {
  /** What the stock transport has been answered, in order: `POST 200`, `GET 204`. */
  answers = [];
  /** The requests that it was told have failed, each as it would have been sent. */
  lost = [];
  #turns;
  #scripted = [];
  #gone = new AbortController();

  /** @param bases the servers that answer the page's requests in turn; without, the user's alone */
  constructor({ user, chatId, bases = [] }) {
    this.user = user;
    this.chatId = chatId;
    this.bases = bases;
    this.#turns = [...bases];
  }

  /** The options of the page's stock transport. */
  get transport() {
    return { ...this.user.transport, fetch: (url, init) => this.#fetch(url, init) };
  }

  /**
   * Lets the next request fail, as if it had been answered with this HTTP status, or otherwise
   * - `network`: it does not reach the server,
   * - `deaf`: it reaches the server, whose answer is lost,
   * - `silent`: it reaches the server, whose answer has not begun yet when the client hangs up.
   */
  fail(way) {
    this.#scripted.push(way);
  }

  /** Answers the next request without asking the server. */
  answerWith(response) {
    this.#scripted.push(response);
  }

  /** Sends a request that was lost after all, and reads its answer to the end. */
  async deliver({ url, init }) {
    const { signal: _, ...request } = init;
    const response = await fetch(url, request);
    return { status: response.status, text: await response.text() };
  }

  /** What a stop button does: the client hangs up, which alone stops nothing, and asks the server. */
  async stop() {
    await this.hangUp();
    return this.user.stop(this.chatId);
  }

  /** Cuts the connections, as a browser does with those of a page that is closed. */
  close() {
    this.#gone.abort();
  }

  async #fetch(url, init) {
    const signals = [this.#gone.signal, init.signal].filter(signal => signal);
    const request = { ...init, signal: AbortSignal.any(signals) };
    const way = this.#scripted.shift();
    if (way === undefined || way === 'silent') {
      const response = await fetch(this.#at(url), request);
      if (way === 'silent') {
        return new Promise((_, reject) => {
          request.signal.addEventListener('abort', () => reject(request.signal.reason));
        });
      }
      this.answers.push(`${init.method ?? 'GET'} ${response.status}`);
      return response;
    }
    if (way instanceof Response) {
      return way;
    }
    this.lost.push({ url, init });
    if (way === 'deaf') {
      const { signal: _, ...detached } = init;
      const response = await fetch(this.#at(url), detached);
      assert.equal(response.status, 200);
      await response.body.cancel();
    }
    return failed(way);
  }

  #at(url) {
    const base = this.#turns.shift();
    if (base === undefined) {
      return url;
    }
    this.#turns.push(base);
    return new URL(new URL(url).pathname, base);
  }
}

function failed(way) {
  if (typeof way !== 'number') {
    throw new TypeError('fetch failed');
  }
  const problem = { success: false, status: way, code: 'made_up', detail: `Refused with ${way}.` };
  return Response.json(problem, { status: way });
}
