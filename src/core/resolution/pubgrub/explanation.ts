import { type Conclusion, isConclusion, type Proof, proofOf } from './derivation.ts';
import { type Fact, isObstacle } from './fact.ts';
import type { Incompatibility } from './incompatibility.ts';
import { phraseConclusion } from './phrase-conclusion.ts';
import { phraseFact, phraseFacts } from './phrase-fact.ts';
import { list } from './phrase-versions.ts';
import { Wording } from './wording.ts';

/** Conclusions above which nobody reads a proof; only what it rests on is told then. */
const MAX_CONCLUSIONS = 200;
const MAX_FACTS = 8;

/**
 * Renders the derivation of a failure as sentences that follow from each other: "Because A and B, C." A conclusion
 * that is needed again later has a number at its end, and is referred to by it. The structure is that of the error
 * reports of PubGrub (N. Weizenbaum, 2018).
 */
export function explain(failure: Incompatibility): readonly string[] {
  const proof = proofOf(failure);
  const wording = new Wording(proof.facts);
  if (!isConclusion(failure))
    return proof.facts.map((fact) => `${phraseFact(fact, wording).join(', but ')}.`);
  if (proof.uses.size > MAX_CONCLUSIONS) return outline(proof);
  const narration = new Narration(proof, wording);
  narration.tell(failure);
  return narration.lines;
}

/** What a long proof rests on, the unusual before mere dependencies. */
export function outline({ facts, uses }: Proof): readonly string[] {
  const wording = new Wording(facts);
  const told = facts.toSorted((a, b) => Number(isObstacle(b)) - Number(isObstacle(a))).slice(0, MAX_FACTS);
  return [
    `${facts.length} facts contradict each other in ${uses.size} steps; among them are these.`,
    ...told.map((fact) => `${list(phraseFact(fact, wording), 'and')}.`),
  ];
}

class Narration {
  readonly lines: string[] = [];
  readonly #uses: Proof['uses'];
  readonly #wording: Wording;
  readonly #numbers = new Map<Conclusion, number>();

  constructor({ uses }: Proof, wording: Wording) {
    this.#uses = uses;
    this.#wording = wording;
  }

  /** Tells a conclusion, after everything that it follows from. */
  tell(conclusion: Conclusion): void {
    const { premises } = conclusion.cause;
    const [first, second] = premises.filter(isConclusion);
    const facts = premises.flatMap(({ cause }) => (cause.kind === 'derived' ? [] : [cause]));
    if (first === undefined) this.#say('Because', phraseFacts(facts, this.#wording), conclusion);
    else if (second === undefined) this.#tellWithFacts(first, facts, conclusion);
    else this.#tellBoth(first, second, conclusion);
  }

  #tellWithFacts(premise: Conclusion, facts: readonly Fact[], conclusion: Conclusion): void {
    if (this.#numbers.has(premise)) {
      this.#say('Because', [...phraseFacts(facts, this.#wording), this.#refer(premise)], conclusion);
      return;
    }
    // A conclusion that only waits for one more fact need not be told by itself.
    const [further, rest] = this.#foldable(premise);
    if (further !== undefined && rest !== undefined && (facts.length === 1 || further.kind === 'wanted')) {
      this.#tellWithFacts(rest, [...facts, further], conclusion);
      return;
    }
    this.tell(premise);
    this.#say('And because', phraseFacts(facts, this.#wording), conclusion);
  }

  #tellBoth(first: Conclusion, second: Conclusion, conclusion: Conclusion): void {
    const known = [first, second].filter((one) => this.#numbers.has(one));
    const fresh = [first, second].filter((one) => !this.#numbers.has(one));
    const [one, other] = fresh.toSorted((a, b) => Number(this.#isShort(a)) - Number(this.#isShort(b)));
    if (one === undefined) {
      this.#say(
        'Because',
        known.map((each) => this.#refer(each)),
        conclusion,
      );
    } else if (other === undefined) {
      this.tell(one);
      this.#say(
        'And because',
        known.map((each) => this.#refer(each)),
        conclusion,
      );
    } else {
      this.tell(one);
      this.#tellSecond(other, one, conclusion);
    }
  }

  /** The first premise was told just now. */
  #tellSecond(second: Conclusion, first: Conclusion, conclusion: Conclusion): void {
    if (!this.#numbers.has(second)) {
      this.#number(first);
      this.tell(second);
      this.#say('And because', [this.#refer(first)], conclusion);
    } else {
      this.#say('And because', [this.#refer(second)], conclusion);
    }
  }

  /** The fact and the other premise of a conclusion that nothing else needs. */
  #foldable(conclusion: Conclusion): readonly [Fact | undefined, Conclusion | undefined] {
    const { premises } = conclusion.cause;
    const [rest, ...others] = premises.filter(isConclusion);
    const [fact] = premises.flatMap(({ cause }) => (cause.kind === 'derived' ? [] : [cause]));
    const isFoldable = others.length === 0 && !this.#isUsedAgain(conclusion);
    return isFoldable ? [fact, rest] : [undefined, undefined];
  }

  #isShort({ cause }: Conclusion): boolean {
    return !cause.premises.some(isConclusion);
  }

  #isUsedAgain(conclusion: Conclusion): boolean {
    return (this.#uses.get(conclusion) ?? 0) > 1;
  }

  #say(opening: 'Because' | 'And because', premises: readonly string[], conclusion: Conclusion): void {
    const clause = phraseConclusion(conclusion, this.#wording);
    this.lines.push(`${opening} ${list(premises, 'and')}, ${clause}.`);
    if (this.#isUsedAgain(conclusion)) this.#number(conclusion);
  }

  /** Gives the conclusion that was told last, or long ago, a number to refer to. */
  #number(conclusion: Conclusion): void {
    if (this.#numbers.has(conclusion)) return;
    const number = this.#numbers.size + 1;
    this.#numbers.set(conclusion, number);
    this.lines.push(`${this.lines.pop() ?? ''} (${number})`);
  }

  #refer(conclusion: Conclusion): string {
    return `${phraseConclusion(conclusion, this.#wording)} (${this.#numbers.get(conclusion)})`;
  }
}
