import { lowerBound } from './bootstrap.ts';
import { median } from './quantile.ts';

/**
 * Four batches in the order A B B A, each as microseconds a call: what grows slower or faster during the four
 * (heat, other programs) falls on both sides alike.
 */
export interface Quad {
  readonly a: readonly [number, number];
  readonly b: readonly [number, number];
}

/** What four batches each, many times, say of B against A. */
export interface Comparison {
  /** `inconclusive`: the machine was too unsteady to tell A from itself, or B from what is too slow. */
  readonly verdict: 'slower' | 'not-slower' | 'inconclusive';
  /** Median of B / A. */
  readonly ratio: number;
  /** What the ratio exceeds with 95 % confidence. */
  readonly lowerBound: number;
  /** Median of B − A, microseconds a call. */
  readonly differenceUs: number;
  /** Median of A / A. */
  readonly control: number;
}

/** Fewer quads than this are not judged. */
export const LEAST_QUADS = 31;

/**
 * Half of the slowdown that is to be found: of a true one of 10 %, the lower bound lies below 1.1 in half of all
 * sessions at least, and hardly ever below this (docs/decisions/0014).
 */
const REGRESSION_RATIO = 1.05;
/** What nobody notices is no regression, however sure it is, in microseconds a call. */
export const REGRESSION_US = 5;
const CONTROL_TOLERANCE = 0.05;

/**
 * Whether B is slower than A: by more than 5 % with 95 % confidence, and by more than 5 µs. It cannot be told when a
 * control in which both sides are A does not come out as 1, give or take 5 %, nor when B looks slower than that
 * without being so for certain.
 */
export function compare(quads: readonly Quad[], control: readonly Quad[]): Comparison {
  const ratios = quads.map(ratioOf);
  const figures = {
    ratio: median(ratios),
    lowerBound: lowerBound(ratios),
    differenceUs: median(quads.map(({ a, b }) => (b[0] + b[1] - a[0] - a[1]) / 2)),
    control: median(control.map(ratioOf)),
  };
  // A call that takes no longer than this cannot have become slower by it, however unsteady so short times are.
  const isShort = median(quads.map(({ b }) => (b[0] + b[1]) / 2)) <= REGRESSION_US;
  return { verdict: isShort ? 'not-slower' : verdictOf(figures), ...figures };
}

function verdictOf(figures: Omit<Comparison, 'verdict'>): Comparison['verdict'] {
  if (Math.abs(figures.control - 1) > CONTROL_TOLERANCE) return 'inconclusive';
  const looksSlower = figures.ratio > REGRESSION_RATIO && figures.differenceUs > REGRESSION_US;
  if (!looksSlower) return 'not-slower';
  return figures.lowerBound > REGRESSION_RATIO ? 'slower' : 'inconclusive';
}

function ratioOf({ a, b }: Quad): number {
  return (b[0] + b[1]) / (a[0] + a[1]);
}
