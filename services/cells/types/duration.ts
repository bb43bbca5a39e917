import { canonicalJson } from '../canonical';
import type { CellType } from '../cell-type';

const two = (part: number) => String(part).padStart(2, '0');

/** Seconds, shown as h:mm, or h:mm:ss where seconds count. */
export const duration: CellType = {
  types: ['duration'],
  normalize: (value) => canonicalJson(value),
  text(value) {
    if (typeof value !== 'number' || !Number.isFinite(value)) return JSON.stringify(value);
    const seconds = Number((Math.abs(value) % 60).toFixed(3));
    const minutes = Math.floor(Math.abs(value) / 60);
    const tail = seconds === 0 ? '' : `:${seconds < 10 ? '0' : ''}${seconds}`;
    return `${value < 0 ? '-' : ''}${Math.floor(minutes / 60)}:${two(minutes % 60)}${tail}`;
  },
};
