import type { Config } from '../config';
import { createCommandsPlanner } from './commands/commands-planner';
import { createGeminiPlanner } from './gemini';
import type { Planner } from './planner';

export interface PlannerDescription {
  readonly name: string;
  /** For people: which planner answers and why. */
  readonly text: string;
}

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
    };
  }
  return {
    name: `gemini:${model}`,
    text: `Google's ${model} answers, because GEMINI_API_KEY is set: messages, and the names and cells it looks up, are sent to Google.`,
  };
}
