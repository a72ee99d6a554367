import { SheafError } from '../../errors.ts';

/**
 * The work that a resolution may do. Version solving is NP-complete, so whoever publishes versions can pose
 * problems that no solver finishes; what is counted is every comparison, not only every version tried.
 */
export class Budget {
  readonly #limit: number;
  #spent = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Takes steps off.
   *
   * @throws SheafError `SHEAF_RESOLUTION` when there are no more.
   */
  spend(steps: number): void {
    this.#spent += steps;
    if (this.#spent <= this.#limit) return;
    throw new SheafError(
      'SHEAF_RESOLUTION',
      `No set of versions was found in ${this.#limit} steps; the ranges contradict each other too often.`,
      { hint: 'Narrow the ranges in sheaf.toml, or install fewer plugins at once.' },
    );
  }
}
