import { z } from 'zod';

/** Ids are opaque: a prefix that tells the kind, then 22 letters and digits (about 131 bits). */
export const ID_PREFIXES = {
  user: 'usr_',
  workspace: 'ws_',
  operation: 'op_',
  connection: 'con_',
  changeSet: 'cs_',
  edit: 'edt_',
  copy: 'cpy_',
  chat: 'cht_',
  message: 'msg_',
  token: 'tok_',
  session: 'ses_',
  registration: 'reg_',
} as const;

export type IdKind = keyof typeof ID_PREFIXES;

/** Zod shape of one kind of id. A well-formed id of another tenant is NotFound, never InvalidInput. */
export function idOf(kind: IdKind) {
  const prefix = ID_PREFIXES[kind];
  return z
    .string()
    .regex(
      new RegExp(`^${prefix}[0-9A-Za-z]{22}$`),
      `must be an id like ${prefix}… (22 letters or digits after it)`,
    )
    .meta({ example: `${prefix}${'x'.repeat(22)}` });
}

/** Airtable's ids: three letters for the kind and 14 letters or digits. */
export const BaseId = z.string().regex(/^app[0-9A-Za-z]{14}$/, 'must be a base id like appXXXXXXXXXXXXXX');
export const TableId = z.string().regex(/^tbl[0-9A-Za-z]{14}$/, 'must be a table id like tblXXXXXXXXXXXXXX');
export const FieldId = z.string().regex(/^fld[0-9A-Za-z]{14}$/, 'must be a field id like fldXXXXXXXXXXXXXX');
export const RecordId = z
  .string()
  .regex(/^rec[0-9A-Za-z]{14}$/, 'must be a record id like recXXXXXXXXXXXXXX');
