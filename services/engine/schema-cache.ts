import type { EngineBase, EngineTable, ViewSettings } from './schema';

/** What a base was like when it was last looked at. */
export interface BaseState {
  readonly version: string;
  readonly watched: boolean;
}

/** Schemas of bases by version. A version is never used twice, so what is in here cannot be stale. */
export interface SchemaCache {
  get(key: string): EngineBase | undefined;
  set(key: string, base: EngineBase): void;
  /** What views show, by the table they are of: a change of a view changes the version, and with it the table at hand. */
  readonly viewSettings: WeakMap<EngineTable, Map<string, ViewSettings>>;
  /** The state a base was last seen in: it may have another one by now. */
  lastOf(baseKey: string): BaseState | undefined;
  /** Undefined forgets it. */
  noteLast(baseKey: string, state: BaseState | undefined): void;
}

/** A map that keeps the `size` entries that were used last. */
function createRecent<V>(size: number) {
  const kept = new Map<string, V>();
  const set = (key: string, value: V) => {
    kept.delete(key);
    kept.set(key, value);
    const oldest = kept.size > size ? kept.keys().next().value : undefined;
    if (oldest !== undefined) kept.delete(oldest);
  };
  return {
    get(key: string): V | undefined {
      const value = kept.get(key);
      if (value !== undefined) set(key, value);
      return value;
    },
    set,
    delete: (key: string) => void kept.delete(key),
  };
}

/** Keeps the `size` schemas that were used last. One per process. */
export function createSchemaCache(size = 500): SchemaCache {
  const schemas = createRecent<EngineBase>(size);
  const states = createRecent<BaseState>(size);
  return {
    get: (key) => schemas.get(key),
    set: (key, base) => schemas.set(key, base),
    viewSettings: new WeakMap(),
    lastOf: (baseKey) => states.get(baseKey),
    noteLast(baseKey, state) {
      if (state) states.set(baseKey, state);
      else states.delete(baseKey);
    },
  };
}
