import { slips } from '../did-you-mean.ts';
import { LIMITS } from '../limits.ts';
import { foldName, type PluginName } from '../plugin-name.ts';

/**
 * Names that one could be mistaken for another. Typo-squatters live on three kinds of mistakes: of the eye (`rn` for
 * `m`), of the fingers (a letter too many, two swapped) and of memory (which word came first, was there a `-plugin`
 * behind it). Each is measured in its own way: one number for all three would miss the first or cry wolf about short
 * words.
 */

/** A name that another could be mistaken for; of an owner, they follow the same grammar. */
export interface NearName<Name extends string = PluginName> {
  readonly name: Name;
  /**
   * `looks-alike`: the same once characters that look alike are one. `typo`: so many slips of the fingers apart.
   * `order`: the same words in another order. `affix`: the same but for a word that says nothing, such as `plugin`.
   */
  readonly how: 'looks-alike' | 'typo' | 'order' | 'affix';
  /** Slips of the fingers; 0 for what is not measured in them. */
  readonly slips: number;
}

/** Words that people add to a name or leave out. */
const EMPTY_WORDS: ReadonlySet<string> = new Set(
  'plugin plugins ext extension addon tool tools kit sdk lib library core cli official original new pro sheaf js ts py rs rust go wasm'.split(
    ' ',
  ),
);

/** More words are not put into other orders: the number of orders grows with the factorial. */
const MAX_WORDS = 4;

/** Shorter words are so near to each other by nature that a slip says nothing, and a swap says little. */
const [SLIP_LENGTH, TWO_SLIPS_LENGTH, SWAP_LENGTH] = [6, 8, 4];

/**
 * The names that `name` could be mistaken for, the nearest first, at most `LIMITS.nearNames`. Names that fold to the
 * same are left out: those collide, which is more than being near.
 *
 * Every name of a registry is looked at, so each is first compared by the set of its letters, which costs a pass over
 * its characters; the dearer measures see only the few that could pass them.
 */
export function nearNames<Name extends string>(name: Name, names: Iterable<Name>): readonly NearName<Name>[] {
  const isNear = createNearness(name);
  const near: NearName<Name>[] = [];
  for (const other of names) {
    const how = isNear(other);
    if (how !== undefined) near.push({ name: other, ...how });
  }
  return near
    .toSorted((a, b) => RANK[a.how] - RANK[b.how] || a.slips - b.slips || (a.name < b.name ? -1 : 1))
    .slice(0, LIMITS.nearNames);
}

/** How they are near, as the end of a sentence. */
export function reasonOf({ how, slips }: Pick<NearName, 'how' | 'slips'>): string {
  switch (how) {
    case 'looks-alike':
      return 'they look alike';
    case 'typo':
      return slips === 1 ? 'one slip of the fingers apart' : `${slips} slips of the fingers apart`;
    case 'order':
      return 'the same words in another order';
    case 'affix':
      return 'the same but for a word that says nothing';
    default:
      return how satisfies never;
  }
}

const RANK: Readonly<Record<NearName['how'], number>> = { 'looks-alike': 0, typo: 1, order: 2, affix: 3 };

/** A measure of other names against one. */
function createNearness(name: string): (other: string) => Omit<NearName, 'name'> | undefined {
  const subject = foldName(name);
  const letters = lettersOf(name);
  const skeleton = skeletonOf(subject);
  const orders = ordersOf(name);
  const core = withoutEmptyWords(name);
  const coreLetters = lettersOf(core);
  return (other) => {
    const theirs = lettersOf(other);
    const mayLookAlike = ((letters ^ theirs) & ~CONFUSABLE) === 0;
    const mayHaveAffix = (coreLetters & ~theirs) === 0;
    const maySlip = countBits(letters ^ theirs) <= 4 && Math.abs(other.length - name.length) <= 8;
    if (!mayLookAlike && !mayHaveAffix && !maySlip) return undefined;
    const folded = foldName(other);
    if (folded === subject) return undefined;
    if (mayLookAlike && skeletonOf(folded) === skeleton) return { how: 'looks-alike', slips: 0 };
    if (letters === theirs && orders.has(folded)) return { how: 'order', slips: 0 };
    if (mayHaveAffix && withoutEmptyWords(other) === core) return { how: 'affix', slips: 0 };
    const count = maySlip ? slipsBetween(subject, folded) : undefined;
    return count === undefined ? undefined : { how: 'typo', slips: count };
  };
}

/** How many slips apart two words are, when that is few enough for their length to be a mistake. */
function slipsBetween(a: string, b: string): number | undefined {
  const length = Math.max(a.length, b.length);
  const bound = length >= TWO_SLIPS_LENGTH ? 2 : 1;
  if (length < SWAP_LENGTH || Math.abs(a.length - b.length) > bound) return undefined;
  const count = slips(a, b);
  if (count > bound) return undefined;
  return length >= SLIP_LENGTH || sortedLetters(a) === sortedLetters(b) ? count : undefined;
}

function sortedLetters(word: string): string {
  return word.split('').toSorted().join('');
}

/** A word with characters that look alike made one (the idea of UTS #39, section 4, for the letters names have). */
function skeletonOf(folded: string): string {
  return folded
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
    .replaceAll('cl', 'd')
    .replaceAll('1', 'l')
    .replaceAll('0', 'o')
    .replaceAll('5', 's');
}

/** The set of letters and digits of a name as bits; digits share six of them. */
function lettersOf(name: string): number {
  let bits = 0;
  for (let at = 0; at < name.length; at += 1) {
    const code = name.charCodeAt(at);
    if (code >= 0x61) bits |= 1 << (code - 0x61);
    else if (code >= 0x30) bits |= 1 << (26 + (code % 6));
  }
  return bits;
}

/** The letters in which words of one skeleton may differ. */
const CONFUSABLE = lettersOf('rnmvwcdl1o0s5');

function countBits(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

/** The folded name with its words in every order. */
function ordersOf(name: string): ReadonlySet<string> {
  const words = name.split('-');
  return new Set(words.length > MAX_WORDS ? [] : permutations(words));
}

function permutations(words: readonly string[]): readonly string[] {
  if (words.length <= 1) return words;
  return words.flatMap((word, at) => permutations(words.toSpliced(at, 1)).map((rest) => word + rest));
}

/** The words of a name that say something; the whole name when none does. */
function withoutEmptyWords(name: string): string {
  const words = name.split('-').filter((word) => !EMPTY_WORDS.has(word));
  return words.length === 0 ? name : words.join('-');
}
