import { refOf } from '../digest.ts';
import type { BuiltObject } from './index-head.ts';

/** The object that bytes at a path are. */
export function builtObject(path: string, bytes: Uint8Array): BuiltObject {
  return { path, ...refOf(bytes), bytes };
}
