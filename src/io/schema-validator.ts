import { createContext, runInContext } from 'node:vm';
import type { SchemaError } from '../core/documents/schema-check.ts';
import { SheafError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import type { SchemaValidator } from '../core/ports.ts';

/**
 * Applies JSON Schemas that plugins bring. They are as little trusted as the plugins: references lead nowhere but
 * into the schema itself, and compiling and applying one, with patterns that may be made to take forever,
 * ends after `LIMITS.configSchemaTime`. ajv is loaded when the first schema is; no other command pays for it.
 */
export function createSchemaValidator(): SchemaValidator {
  return {
    async violations(schema, value, what) {
      const { Ajv2020 } = await import('ajv/dist/2020.js');
      const work = (): readonly SchemaError[] => {
        const ajv = new Ajv2020({
          // A plugin's schema may say more than ajv knows of: annotations, formats, keywords of other drafts.
          strict: false,
          validateFormats: false,
          allErrors: true,
          verbose: true,
          // Inlined references could multiply the code.
          inlineRefs: false,
          ownProperties: true,
          logger: false,
        });
        const validate = ajv.compile(schema);
        return validate(value) ? [] : ((validate.errors ?? []) as readonly SchemaError[]);
      };
      try {
        return withinTime(work);
      } catch (error) {
        throw refusal(error, what);
      }
    },
  };
}

/**
 * Runs the work in this context, not in the new one: what `node:vm` gives is its watchdog, which ends everything
 * that JavaScript does meanwhile, a pattern that backtracks included.
 */
function withinTime<T>(work: () => T): T {
  return runInContext('work()', createContext({ work }), { timeout: LIMITS.configSchemaTime }) as T;
}

function refusal(error: unknown, what: string): SheafError {
  const hint = 'Tell the author of the plugin; leave out its [plugin.<name>.config] until it is mended.';
  // The watchdog's error belongs to the other context, where it is no instance of this one's Error.
  const isOverTime =
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
  if (isOverTime) {
    const seconds = LIMITS.configSchemaTime / 1000;
    return new SheafError('SHEAF_INVALID_FILE', `${what} takes longer than ${seconds} seconds to apply.`, {
      hint,
      cause: error,
    });
  }
  return new SheafError('SHEAF_INVALID_FILE', `${what} is no JSON Schema that can be applied.`, {
    hint,
    cause: error,
  });
}
