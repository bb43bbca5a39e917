import { z } from 'zod';
import type { EngineField } from '../engine/schema';

const Choice = z.object({
  id: z.string().regex(/^sel[0-9A-Za-z]{14}$/),
  name: z.string(),
  color: z.string().optional(),
});
type Choice = z.infer<typeof Choice>;

/** Options of a select field as a source gives them: ids end up in statements. */
export const Choices = z.looseObject({ choices: z.array(Choice) });

/** The choices in a select field's options; none for other options. */
export function readChoices(options: unknown): readonly Choice[] {
  return Choices.safeParse(options).data?.choices ?? [];
}

/**
 * A select field's options after a copy: the source's, then those that are here only: made here, or deleted at the
 * source, where a record of this base may still have them.
 */
export function joinChoices(now: EngineField, here: EngineField): Record<string, unknown> {
  const fresh = readChoices(now.options);
  const ids = new Set(fresh.map((choice) => choice.id));
  const names = new Set(fresh.map((choice) => choice.name));
  const kept = readChoices(here.options)
    .filter((choice) => !ids.has(choice.id))
    .map((choice) =>
      names.has(choice.name) ? { ...choice, name: `${choice.name} (${choice.id})` } : choice,
    );
  return { ...now.options, choices: [...fresh, ...kept] };
}
