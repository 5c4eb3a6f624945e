/**
 * Names and values as OpenTelemetry's variables list them: `name=value,name=value`, percent-encoded.
 *
 * Owns their taking apart only.
 */

/** @throws URIError where it is not percent-encoded */
export function pairsOf(text: string | undefined): [string, string][] {
  return (text === undefined ? [] : text.split(",")).map((pair) => {
    const [name = "", value = ""] = pair.split(/=(.*)/s, 2);
    return [decodeURIComponent(name.trim()), decodeURIComponent(value.trim())];
  });
}
