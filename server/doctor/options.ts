/**
 * The doctor's command line.
 *
 * Owns its words. A token is none of them: everybody on the machine could read it there.
 */
import { ConfigError } from "../../runtime/settings.ts";
import type { Reference } from "../../runtime/settings/reference.ts";
import type { FindingFormat } from "./finding.ts";

/** What to look at besides the configuration and what it names. */
export interface DoctorOptions {
  readonly format: FindingFormat;
  /** Whether to send the provider one short message. */
  readonly triesProvider: boolean;
  /** Where browsers find a running server; null: that is not looked at. */
  readonly site: URL | null;
  /** Where the access token of that server is; null: it is the configured one. */
  readonly token: Reference | null;
  /** Whether links are watched for long enough to see them cut. */
  readonly isPatient: boolean;
}

/** The words of the doctor, for who asks. */
const DOCTOR_USAGE =
  "doctor [--config FILE] [--provider] [--url https://a.example/yoi/] [--token-env NAME | --token-file FILE] " +
  "[--patient] [--json]";

/** @throws ConfigError where a word is none of the doctor's; it is not repeated */
export function parseDoctorOptions(words: readonly string[]): DoctorOptions {
  let [format, triesProvider, isPatient] = ["text" as FindingFormat, false, false];
  let site: URL | null = null;
  let token: Reference | null = null;
  for (let i = 0; i < words.length; i += 1) {
    const [flag = "", inline] = (words[i] ?? "").split(/=(.*)/s, 2);
    const value = (): string => {
      const given = inline ?? words[(i += 1)] ?? "";
      if (given === "") throw new ConfigError(`Cannot look: ${flag} needs a value. Usage: ${DOCTOR_USAGE}`);
      return given;
    };
    if (flag === "--json") format = "json";
    else if (flag === "--provider") triesProvider = true;
    else if (flag === "--patient") isPatient = true;
    else if (flag === "--token-env") token = { env: value() };
    else if (flag === "--token-file") token = { file: value() };
    else if (flag === "--url") site = siteOf(value());
    else throw new ConfigError(`Cannot look: unknown word. Usage: ${DOCTOR_USAGE}`);
  }
  return { format, triesProvider, site, token, isPatient };
}

function siteOf(text: string): URL {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "") return url;
  throw new ConfigError(
    "Cannot look: --url: expected an address as in https://a.example/yoi/, without user and password.",
  );
}
