import { DEMO_COMMANDS } from '../sample/demo-commands';
import type { Config } from '../config';
import { createCommandsPlanner } from './commands/commands-planner';
import { createGeminiPlanner } from './gemini';
import type { Planner } from './planner';

export interface PlannerDescription {
  readonly name: string;
  /** For people: which planner answers and why. */
  readonly text: string;
  /** Messages to try on the sample base `baseName`. */
  readonly examples: readonly { readonly label: string; readonly text: string; readonly baseName: string }[];
}

const EXAMPLES: PlannerDescription['examples'] = [
  { label: 'Rate films that have no rating', text: DEMO_COMMANDS.rating, baseName: 'Films' },
  { label: 'Bring films of the future back a century', text: DEMO_COMMANDS.century, baseName: 'Films' },
  { label: 'Merge one distributor into another', text: DEMO_COMMANDS.merge, baseName: 'Films' },
];

/** Gemini when there is a key for it, else the commands language. */
export function createPlanner(config: Pick<Config, 'gemini'>): Planner {
  const { apiKey, baseUrl, model } = config.gemini;
  return apiKey === undefined ? createCommandsPlanner() : createGeminiPlanner({ apiKey, baseUrl, model });
}

/** What createPlanner chose. Says nothing of the key but that it is there. */
export function describePlanner(config: Pick<Config, 'gemini'>): PlannerDescription {
  const { apiKey, model } = config.gemini;
  if (apiKey === undefined) {
    return {
      name: 'commands',
      text: 'The commands planner answers, because GEMINI_API_KEY is not set: it understands exact commands (type help in a chat; docs/commands.md), no free text.',
      examples: EXAMPLES,
    };
  }
  return {
    name: `gemini:${model}`,
    text: `Google's ${model} answers, because GEMINI_API_KEY is set: messages, and the names and cells it looks up, are sent to Google.`,
    examples: EXAMPLES,
  };
}
