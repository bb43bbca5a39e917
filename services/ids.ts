import { randomInt } from 'node:crypto';
import { ID_PREFIXES, type IdKind } from '../contracts/ids';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** `length` characters of [0-9A-Za-z] from the system's random source. */
export function randomText(length: number): string {
  let text = '';
  for (let i = 0; i < length; i++) text += ALPHABET[randomInt(ALPHABET.length)];
  return text;
}

/** A new id of a kind, for example `ws_` and 22 characters. */
export function newId(kind: IdKind): string {
  return ID_PREFIXES[kind] + randomText(22);
}
