/** Asks again and again; never twice at the same time, and without keeping the process alive. */
export class KillSwitch {
  readonly #timer: NodeJS.Timeout;
  #isAsking = false;

  constructor(check: () => Promise<void>, everyMs: number) {
    this.#timer = setInterval(() => void this.#ask(check), everyMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #ask(check: () => Promise<void>): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      await check();
    } finally {
      this.#isAsking = false;
    }
  }
}
