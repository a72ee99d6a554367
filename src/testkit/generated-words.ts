import { type SeededRandom, seededRandom } from './random.ts';

/** Words for names and texts, the most frequent first. */
export interface Vocabulary {
  /** A word, by the law of natural texts: few words are most of it. */
  word(random: SeededRandom): string;
}

const FREQUENT = words(`
  data graph query file code tool server client format parser reader writer builder report test config table text
  index search tree node link map list stream cache log event task queue worker agent model schema type field value
  token rule filter view page chart image color font style theme layout panel editor shell command option project
  package module plugin library version release license author change diff merge branch commit review issue ticket
  metric trace alert health check score rank rating user group role policy access secret key vault backup archive
  sync watch proxy router gateway bridge adapter converter importer exporter formatter linter analyzer generator
  compiler interpreter debugger profiler sampler scanner validator resolver planner scheduler runner monitor
`);

const SYLLABLES = words(`
  ba ce di fo gu ha je ki lo mu na pe qui ro su ta ve wi xo yu bra cle dri flo gru pla ste tri vor zan kel mir nor pax
  ral sen tov ulm ver wex yor zet
`);

/**
 * A vocabulary for a registry of so many plugins. It grows more slowly than the texts do (Heaps 1978), beyond the
 * words that people use everywhere by ones that look like the names of products and places.
 */
export function createVocabulary(plugins: number): Vocabulary {
  const size = FREQUENT.length + Math.ceil(12 * plugins ** 0.7);
  return {
    word(random) {
      const rank = random.rank(size);
      return FREQUENT[rank] ?? rareWord(rank);
    },
  };
}

/** The word of a rank, the same in every registry. */
function rareWord(rank: number): string {
  const random = seededRandom(`word ${rank}`);
  const syllables = 2 + random.below(3);
  return Array.from({ length: syllables }, () => random.pick(SYLLABLES)).join('');
}

function words(text: string): readonly [string, ...string[]] {
  const [first = '', ...rest] = text.trim().split(/\s+/);
  return [first, ...rest];
}
