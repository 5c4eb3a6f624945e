/**
 * The rules for viewers as they hold now.
 *
 * Owns their being changed while the server runs, who is told of it, and their way over a restart. What was changed holds
 * until the settings say something else than they did then.
 */
import * as z from "zod/mini";
import { ConfigError } from "../../runtime/settings.ts";
import { ProblemError } from "../../protocol/problem.ts";
import { ViewerRules } from "../../protocol/viewer-rules.ts";
import type { KeptFile } from "../kept-file.ts";
import type { Identity } from "./identity.ts";
import { isMeant, policyFor, type ViewerPolicy, type ViewerRights } from "./viewer-policy.ts";

const KeptRules = z.object({
  version: z.literal(1),
  /** What the settings said when the rules were changed. */
  settings: ViewerRules,
  rules: ViewerRules,
});

/** What the rules are made of. */
export interface ViewerPoliciesOptions {
  /** What the settings say. */
  readonly settings: ViewerRules;
  /** Who may see and change the rules: patterns, as in a rule. */
  readonly owners: readonly string[];
  /** Where rules that were changed outlive the process; null: they end with it. */
  readonly file: KeptFile | null;
}

/** The rules of a server. */
export class ViewerPolicies {
  readonly #options: ViewerPoliciesOptions;
  readonly #listeners = new Set<() => void>();
  #rules: ViewerRules;
  #writing: Promise<void> = Promise.resolve();

  private constructor(options: ViewerPoliciesOptions, rules: ViewerRules) {
    this.#options = options;
    this.#rules = rules;
  }

  /**
   * The rules that a file has, or those of the settings, which are written down where the file was of others.
   *
   * @throws ConfigError where the file can't be read or holds something else: rules that hide things are not forgotten
   * in silence
   */
  static async load(options: ViewerPoliciesOptions): Promise<ViewerPolicies> {
    const json = await readKept(options.file);
    if (json === null) return new ViewerPolicies(options, options.settings);
    const kept = parseKept(json);
    const { settings, file } = options;
    if (JSON.stringify(kept.settings) === JSON.stringify(settings)) return new ViewerPolicies(options, kept.rules);
    // Whoever goes back to the former settings means these, and not what was once changed under them. Where that can't
    // be written down now, the next start with these settings does it.
    await file?.write(textOf(settings, settings)).catch(() => {});
    return new ViewerPolicies(options, settings);
  }

  get rules(): ViewerRules {
    return this.#rules;
  }

  isOwner(identity: Identity): boolean {
    return isMeant(identity, this.#options.owners);
  }

  /** What a visitor may see and do from now on. */
  rightsOf(identity: Identity): ViewerRights {
    return new VisitorRights(identity, () => this.#rules, this.#listeners);
  }

  /**
   * Changes the rules. Whoever observes is shown what they say in the same step, once they are kept.
   *
   * @throws ProblemError store_failed where they can't be; nothing has changed then
   */
  change(rules: ViewerRules): Promise<void> {
    const changing = this.#writing.then(async () => {
      const { file, settings } = this.#options;
      try {
        await file?.write(textOf(settings, rules));
      } catch (cause) {
        throw new ProblemError("store_failed", "The rules could not be written down, and are as they were.", { cause });
      }
      this.#rules = rules;
      for (const listener of this.#listeners) listener();
    });
    this.#writing = changing.catch(() => {});
    return changing;
  }
}

class VisitorRights implements ViewerRights {
  readonly #identity: Identity;
  readonly #rules: () => ViewerRules;
  readonly #listeners: Set<() => void>;
  #known: { readonly rules: ViewerRules; readonly policy: ViewerPolicy } | null = null;

  constructor(identity: Identity, rules: () => ViewerRules, listeners: Set<() => void>) {
    this.#identity = identity;
    this.#rules = rules;
    this.#listeners = listeners;
  }

  get policy(): ViewerPolicy {
    const rules = this.#rules();
    if (this.#known?.rules !== rules) this.#known = { rules, policy: policyFor(this.#identity, rules) };
    return this.#known.policy;
  }

  onChange(listener: () => void, until: AbortSignal): void {
    if (until.aborted) return;
    let { policy } = this;
    const look = (): void => {
      const next = this.policy;
      const isSame = next.observation === policy.observation && next.mayCommand === policy.mayCommand;
      policy = next;
      if (!isSame) listener();
    };
    this.#listeners.add(look);
    until.addEventListener("abort", () => this.#listeners.delete(look), { once: true });
  }
}

async function readKept(file: KeptFile | null): Promise<string | null> {
  try {
    return file === null ? null : await file.read();
  } catch (cause) {
    throw new ConfigError("Cannot start: viewer-rules.json in the data folder can't be read.", { cause });
  }
}

function textOf(settings: ViewerRules, rules: ViewerRules): string {
  return JSON.stringify({ version: 1, settings, rules });
}

function parseKept(json: string): z.infer<typeof KeptRules> {
  try {
    return KeptRules.parse(JSON.parse(json));
  } catch (cause) {
    throw new ConfigError(
      "Cannot start: viewer-rules.json in the data folder does not hold rules for viewers. Put the one from a backup in its " +
        "place, or remove it: then the rules of the settings hold.",
      { cause },
    );
  }
}
