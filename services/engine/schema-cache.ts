import type { EngineBase } from './schema';

/** Schemas of bases by version. A version is never used twice, so what is in here cannot be stale. */
export interface SchemaCache {
  get(key: string): EngineBase | undefined;
  set(key: string, base: EngineBase): void;
}

/** Keeps the `size` schemas that were used last. One per process. */
export function createSchemaCache(size = 500): SchemaCache {
  const kept = new Map<string, EngineBase>();
  return {
    get(key) {
      const base = kept.get(key);
      if (!base) return undefined;
      kept.delete(key);
      kept.set(key, base);
      return base;
    },
    set(key, base) {
      kept.delete(key);
      kept.set(key, base);
      const oldest = kept.size > size ? kept.keys().next().value : undefined;
      if (oldest !== undefined) kept.delete(oldest);
    },
  };
}
