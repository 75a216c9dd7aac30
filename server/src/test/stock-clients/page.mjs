/** A page with one chat. Its kinds say how they show `messages`, `status` and `error`, and how one acts on them. */
export class Page {
  /** What the stock transport has been answered, in order: `POST 200`, `GET 204`. */
  answers = [];
  #gone = new AbortController();

  constructor({ user, chatId }) {
    this.user = user;
    this.chatId = chatId;
  }

  /** The options of the page's stock transport. */
  get transport() {
    return { ...this.user.transport, fetch: (url, init) => this.#fetch(url, init) };
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
    const response = await fetch(url, { ...init, signal: AbortSignal.any(signals) });
    this.answers.push(`${init.method ?? 'GET'} ${response.status}`);
    return response;
  }
}
