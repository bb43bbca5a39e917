import { GoogleGenerativeAI, type Content, type FunctionDeclaration, type Part } from '@google/generative-ai';
import { SagatableError } from '../../contracts/errors';
import { readAnswer } from './gemini-answer';
import { toContents, type NativeContent } from './gemini-conversation';
import { toSagatableError } from './gemini-failure';
import { toGeminiSchema } from './gemini-schema';
import type { Planner, PlannerTool } from './planner';

export interface GeminiOptions {
  readonly apiKey: string;
  /** `https://generativelanguage.googleapis.com`, or what speaks the same. */
  readonly baseUrl: string;
  readonly model: string;
  /** Milliseconds for one answer; 60,000 when absent. */
  readonly timeoutMs?: number;
}

/** The only file that knows @google/generative-ai. It keeps no conversation and does not try again by itself. */
export function createGeminiPlanner({ apiKey, baseUrl, model, timeoutMs = 60_000 }: GeminiOptions): Planner {
  const requestOptions = { baseUrl: baseUrl.replace(/\/$/, ''), apiVersion: 'v1beta' };
  return {
    name: `gemini:${model}`,
    async next(entries, tools, signal) {
      signal.throwIfAborted();
      const timeLimit = AbortSignal.timeout(timeoutMs);
      const { system, contents } = toContents(entries);
      const generative = new GoogleGenerativeAI(apiKey).getGenerativeModel(
        {
          model,
          systemInstruction: system,
          generationConfig: { temperature: 0 },
          ...(tools.length > 0 && { tools: [{ functionDeclarations: tools.map(toDeclaration) }] }),
        },
        requestOptions,
      );
      try {
        // The SDK's own time limit leaves a timer running after each call.
        const both = AbortSignal.any([signal, timeLimit]);
        const { response } = await generative.generateContent(
          { contents: contents.map(toContent) },
          { signal: both },
        );
        return readAnswer(response, model, tools, entries.filter((entry) => entry.kind === 'move').length);
      } catch (error) {
        signal.throwIfAborted();
        if (timeLimit.aborted)
          throw new SagatableError('Unavailable', 'The model did not answer in time.', {
            code: 'model_timeout',
          });
        throw toSagatableError(error, model);
      }
    },
  };
}

/** The SDK's types lack anyOf in schemas and the newer kinds of parts; the wire has both, and the SDK sends what it gets. */
function toDeclaration(tool: PlannerTool): FunctionDeclaration {
  const parameters = toGeminiSchema(tool.inputSchema) as FunctionDeclaration['parameters'];
  const bare = Object.keys(tool.inputSchema['properties'] ?? {}).length === 0;
  return { name: tool.name, description: tool.description, ...(!bare && parameters && { parameters }) };
}

function toContent({ role, parts }: NativeContent): Content {
  return { role, parts: parts.map((part) => part as Part) };
}
