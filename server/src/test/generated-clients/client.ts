// Uses a running server by the client that openapi-generator's typescript-fetch makes of the description.
import {
  AskApi,
  ChatsApi,
  Configuration,
  MessagesApi,
  type Problem,
  ResponseError,
  ServerApi,
  SignInApi,
} from '../../../target/generated-clients/typescript'

declare const process: { argv: string[]; exit(code: number): never }

function check(claim: string, holds: boolean) {
  if (!holds) throw new Error(`${claim}: does not hold`)
}

async function refusal(call: Promise<unknown>): Promise<Problem> {
  try {
    await call
  } catch (error) {
    if (error instanceof ResponseError) return (await error.response.json()) as Problem
    throw error
  }
  throw new Error('this should have been refused')
}

async function main(basePath: string) {
  const session = await new SignInApi(new Configuration({ basePath })).signInAsGuest()
  const configuration = new Configuration({ basePath, accessToken: session.sessionToken })
  const chats = new ChatsApi(configuration)
  const messages = new MessagesApi(configuration)

  const { models } = await new ServerApi(configuration).listModels()
  check('there is a model', models.length > 0)

  const { chat } = await chats.createChat({ newChat: { lastContext: { step: 1 } } })
  check('a new chat is untitled', chat.isUntitled && chat.createdAt instanceof Date)
  const renamed = await chats.updateChat({ id: chat.id, chatPatch: { title: 'Named' } })
  check('a patch leaves what it does not name', renamed.chat.lastContext.step === 1)

  const stored = await messages.writeMessages({
    id: chat.id,
    newMessages: { messages: [{ id: 'q1', role: 'user', content: 'Six times seven?' }] },
  })
  check('a message is written', stored.stored === 1)
  const page = await messages.listMessages({ id: chat.id, order: 'desc' })
  check('it is read', page.messages[0].parts[0].text === 'Six times seven?' && page.pagination.total === 1)

  const stream = await new AskApi(configuration).ask({
    chatTurn: { id: chat.id, message: { id: 'q2', role: 'user', parts: [{ type: 'text', text: 'And eight?' }] } },
  })
  check('the answer is streamed to its end', (await stream.text()).endsWith('data: [DONE]\n\n'))
  const history = await chats.getChat({ id: chat.id })
  check('it is stored', history.messages.length === 3 && history.messages[2].status === 'complete')
  check('its metadata is read', (history.messages[2].metadata?.tokens?.total ?? 0) > 0)

  const listed = await chats.listChats({ includeStats: true, search: 'named', from: new Date('2000-01-01') })
  check('it is found', listed.chats.length === 1 && listed.stats?.totalMessages === 3)
  const cleared = await chats.updateChat({ id: chat.id, chatPatch: { lastContext: null } })
  check('null clears', cleared.chat.lastContext === undefined)

  check('a refusal has its code', (await refusal(chats.getChat({ id: 'none' }))).code === 'chat_not_found')
  check('and its field', (await refusal(chats.listChats({ limit: 500 }))).field === 'limit')
}

main(process.argv[2]).catch(async (failure) => {
  console.error(failure instanceof ResponseError ? await failure.response.text() : failure)
  process.exit(1)
})
