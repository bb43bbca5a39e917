import { isTimeZone } from '../cells/time-zones';
import { invalidRequest } from './engine-error';
import type { TextForm } from './fields/field-type';
import type { ListQuery } from './list-query';

/** How a request wants cells as text; undefined when it wants JSON. Throws EngineError when a part is missing or unknown. */
export function textFormOf({
  cellFormat,
  timeZone,
  userLocale,
}: Pick<ListQuery, 'cellFormat' | 'timeZone' | 'userLocale'>): TextForm | undefined {
  if (cellFormat !== 'string') return undefined;
  if (timeZone === undefined || userLocale === undefined)
    throw invalidRequest('timeZone and userLocale are needed with cellFormat=string');
  if (!isTimeZone(timeZone)) throw invalidRequest(`timeZone "${timeZone}" is not known`);
  return { timeZone, userLocale };
}
