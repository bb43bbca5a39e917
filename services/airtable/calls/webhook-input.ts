import { z } from 'zod';
import { FieldId, TableId } from '../../../contracts/ids';
import { ViewId } from './ids';

/** Most payloads of one page. Source: Airtable Web API, list webhook payloads. */
export const MAX_PAYLOADS = 50;

/** Which changes a webhook tells of, and how much of them. Source: Airtable Web API, webhooks specification. */
export const WebhookSpecification = z.strictObject({
  options: z.strictObject({
    filters: z.strictObject({
      dataTypes: z
        .array(z.enum(['tableData', 'tableFields', 'tableMetadata']))
        .min(1, 'must name one at least of tableData, tableFields and tableMetadata'),
      /** A table or a view; the whole base where absent. */
      recordChangeScope: z.union([TableId, ViewId], 'must be the id of a table or view').optional(),
      changeTypes: z.array(z.enum(['add', 'remove', 'update'])).optional(),
      /** `client`, `publicApi`, `formSubmission`, `automation`, …: the whole list is not certain (?), so any is taken. */
      fromSources: z.array(z.string()).optional(),
      sourceOptions: z.record(z.string(), z.json()).optional(),
      watchDataInFieldIds: z.array(FieldId).optional(),
      watchSchemasOfFieldIds: z.array(FieldId).optional(),
    }),
    includes: z
      .strictObject({
        includeCellValuesInFieldIds: z.union([z.literal('all'), z.array(FieldId)]).optional(),
        includePreviousCellValues: z.boolean().optional(),
        includePreviousFieldDefinitions: z.boolean().optional(),
      })
      .optional(),
  }),
});
export type WebhookSpecification = z.infer<typeof WebhookSpecification>;

/** Without a `notificationUrl` nobody is told: payloads are then asked for. */
export const NewWebhook = z.strictObject({
  notificationUrl: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
  specification: WebhookSpecification,
});
export type NewWebhook = z.input<typeof NewWebhook>;

const Count = z.number().int('must be a whole number').min(1, 'must be at least 1');
export const PayloadQuery = z.strictObject({
  /** The number of the first payload wanted: what the last page ended with. Without it, the oldest one that is kept. */
  cursor: Count.optional(),
  limit: Count.max(MAX_PAYLOADS, `must be at most ${MAX_PAYLOADS}`).optional(),
});
export type PayloadQuery = z.input<typeof PayloadQuery>;
