import { SagatableError } from '../../contracts/errors';
import { SchemaIndex } from '../edits/schema-index';
import type { BaseSchema } from '../../contracts/airtable';
import { listBasesShowing } from '../airtable/calls/bases-showing';
import type { ReadingClient, ToolCall } from './context';

export interface OpenBase {
  readonly baseId: string;
  readonly client: ReadingClient;
  readonly connectionId: string;
  readonly schema: BaseSchema;
  readonly index: SchemaIndex;
}

/**
 * Opens a base of the context's workspace: through the connection named, else through the first that shows it.
 * Throws NotFound `unknown_base` in words that name the bases there are.
 */
export async function openBase(
  call: ToolCall,
  place: { readonly baseId: string; readonly connectionId?: string | undefined },
): Promise<OpenBase> {
  const { services, context, live } = call;
  const known: string[] = [];
  let failure: SagatableError | undefined;
  for (const connection of await services.connections.list(context.workspaceId)) {
    if (place.connectionId !== undefined && place.connectionId !== connection.id) continue;
    try {
      const client = await services.gateway.open(
        { workspaceId: context.workspaceId, id: connection.id },
        'interactive',
      );
      const bases = await listBasesShowing(client, place.baseId, { signal: live.signal });
      if (bases.some((base) => base.id === place.baseId)) {
        const schema = await client.getBaseSchema(place.baseId, { signal: live.signal, cached: true });
        return {
          baseId: place.baseId,
          client,
          connectionId: connection.id,
          schema,
          index: new SchemaIndex(schema),
        };
      }
      known.push(...bases.slice(0, 20).map((base) => `${base.name} (${base.id})`));
    } catch (error) {
      // Another connection may reach it; if none does, this is the better explanation.
      if (!(error instanceof SagatableError) || error.code === 'cancelled') throw error;
      failure = error;
    }
  }
  if (failure) throw failure;
  const there = known.length > 0 ? `There are: ${known.join(', ')}.` : 'There are none.';
  throw new SagatableError(
    'NotFound',
    `The base ${place.baseId} cannot be reached from this workspace. ${there}`,
    {
      code: 'unknown_base',
    },
  );
}
