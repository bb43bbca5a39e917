/** A JSON value's schema in the part of OpenAPI that Gemini's function declarations take. */
export interface GeminiSchema {
  type?: 'string' | 'number' | 'integer' | 'boolean' | 'array' | 'object';
  description?: string;
  nullable?: boolean;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  items?: GeminiSchema;
  properties?: Record<string, GeminiSchema>;
  required?: string[];
  anyOf?: GeminiSchema[];
}

type JsonSchema = Readonly<Record<string, unknown>>;

/** What stands for any JSON value: Gemini has no such type, and recursion is not allowed. Objects cannot be said this way. */
const ANY_VALUE: GeminiSchema = {
  nullable: true,
  anyOf: [
    { type: 'string' },
    { type: 'number' },
    { type: 'boolean' },
    { type: 'array', items: { type: 'string' } },
  ],
};

const asSchema = (value: unknown): JsonSchema =>
  typeof value === 'object' && value !== null ? { ...value } : {};
const unionOf = (schema: JsonSchema): unknown[] | undefined =>
  [schema['anyOf'], schema['oneOf']].find((options): options is unknown[] => Array.isArray(options));
/** An object with names we do not know beforehand; Gemini refuses objects without properties. */
const isMap = (schema: JsonSchema) => schema['type'] === 'object' && schema['properties'] === undefined;

/**
 * Gemini's form of a tool's JSON Schema. Unions become anyOf, constants an enum of one, maps a list of name and
 * value, references and unknown values a text, number, boolean or list of texts; patterns and lengths are left
 * out, since the tool checks them itself.
 */
export function toGeminiSchema(json: unknown): GeminiSchema {
  const schema = asSchema(json);
  const description = typeof schema['description'] === 'string' ? { description: schema['description'] } : {};
  const union = unionOf(schema);
  if (union) return { ...description, anyOf: union.map(toGeminiSchema) };
  const constant = schema['const'];
  if (typeof constant === 'string') return { ...description, type: 'string', enum: [constant] };
  if (isMap(schema)) return { ...description, type: 'array', items: entrySchema(schema) };
  switch (schema['type']) {
    case 'object':
      return { ...description, type: 'object', ...objectParts(schema) };
    case 'array':
      return { ...description, type: 'array', items: toGeminiSchema(schema['items']) };
    case 'string':
      return {
        ...description,
        type: 'string',
        ...(Array.isArray(schema['enum']) && { enum: schema['enum'].map(String) }),
      };
    case 'boolean':
      return { ...description, type: 'boolean' };
    case 'number':
    case 'integer':
      return { ...description, type: schema['type'], ...bounds(schema) };
    default:
      return { ...description, ...ANY_VALUE };
  }
}

function objectParts(schema: JsonSchema): Pick<GeminiSchema, 'properties' | 'required'> {
  const properties = Object.entries(asSchema(schema['properties'])).map(
    ([name, part]) => [name, toGeminiSchema(part)] as const,
  );
  const required = Array.isArray(schema['required']) ? { required: schema['required'].map(String) } : {};
  return { properties: Object.fromEntries(properties), ...required };
}

function entrySchema(map: JsonSchema): GeminiSchema {
  const properties = {
    name: { type: 'string' } as const,
    value: toGeminiSchema(map['additionalProperties']),
  };
  return { type: 'object', properties, required: ['name', 'value'] };
}

function bounds(schema: JsonSchema): Pick<GeminiSchema, 'minimum' | 'maximum'> {
  const { minimum, maximum } = schema;
  return { ...(typeof minimum === 'number' && { minimum }), ...(typeof maximum === 'number' && { maximum }) };
}

/** Turns arguments that follow `toGeminiSchema(json)` back into the tool's own form: lists of name and value become maps again. */
export function fromGeminiArgs(json: unknown, value: unknown): unknown {
  const schema = asSchema(json);
  const union = unionOf(schema);
  if (union) return fromGeminiArgs(union.find((option) => fits(asSchema(option), value)) ?? {}, value);
  if (isMap(schema) && Array.isArray(value)) {
    return Object.fromEntries(
      value.map((entry: unknown) => {
        const { name, value: part = null } = asSchema(entry);
        return [String(name), fromGeminiArgs(schema['additionalProperties'], part)];
      }),
    );
  }
  if (Array.isArray(value)) return value.map((item) => fromGeminiArgs(schema['items'], item));
  if (typeof value !== 'object' || value === null) return value;
  const properties = asSchema(schema['properties']);
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, fromGeminiArgs(properties[name], part)]),
  );
}

/** Whether a value is meant for this option of a union: our unions are told apart by constants. */
function fits(option: JsonSchema, value: unknown): boolean {
  const given = asSchema(value);
  const constants = Object.entries(asSchema(option['properties'])).filter(
    ([, part]) => 'const' in asSchema(part),
  );
  return constants.length > 0 && constants.every(([name, part]) => given[name] === asSchema(part)['const']);
}
