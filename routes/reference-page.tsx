/**
 * The API's reference page.
 *
 * Owns its document: every operation of the table, readable without a script. What it says is in `reference-words.ts`.
 */
import type { ComponentChildren } from "preact";
import type { Operation } from "../protocol/operation.ts";
import { OPERATIONS, type OperationId } from "./operations.ts";
import { Head, renderDocument, type PageAssets, type PageFrame } from "./pages.tsx";
import { referenceWordsFor, summaryOf, type ReferenceWords } from "./reference-words.ts";

/** The page as a document. */
export function renderReferencePage(
  page: { readonly workspaceName: string },
  assets: Pick<PageAssets, "styles">,
  frame: PageFrame,
): string {
  const words = referenceWordsFor(frame.locale);
  const groups = [...Map.groupBy(OPERATIONS, ({ group }) => group)];
  return renderDocument(
    <>
      <Head
        title={`${words.title} · ${page.workspaceName}`}
        assets={{ scripts: [], styles: assets.styles }}
        frame={frame}
      />
      <body class="reference">
        <main>
          <header>
            <a href={frame.base}>{words.home}</a>
            <h1>{words.title}</h1>
            <p>{words.intro}</p>
            <p>
              {words.forPrograms} <a href={`${frame.base}api/openapi.json`}>OpenAPI 3.1</a>{" "}
              <a href={`${frame.base}api/asyncapi.json`}>AsyncAPI 3</a>
            </p>
          </header>
          {groups.map(([group, operations]) => (
            <section key={group} aria-labelledby={`group-${anchorOf(group)}`}>
              <h2 id={`group-${anchorOf(group)}`}>{words.groups[group]}</h2>
              {operations.map((operation) => (
                <OperationView
                  key={operation.id}
                  operation={operation}
                  summary={summaryOf(operation, frame.locale)}
                  words={words}
                />
              ))}
            </section>
          ))}
        </main>
      </body>
    </>,
    frame,
  );
}

interface OperationProps {
  readonly operation: Operation & { readonly id: OperationId };
  readonly summary: string;
  readonly words: ReferenceWords;
}

function OperationView({ operation, summary, words }: OperationProps) {
  const { id, method, path, query = [], body, answer, problems } = operation;
  return (
    <article id={id} aria-labelledby={`${id}-path`}>
      <h3 id={`${id}-path`}>
        <span class="method">{method}</span> <code>{path.replaceAll(/:(\w+)/g, "{$1}")}</code>
      </h3>
      <p>{summary}</p>
      <dl>
        {query.length > 0 && (
          <Fact name={words.parameters}>
            {query.map(({ name, isRequired }) => (
              <>
                <code key={name}>{name}</code> {isRequired && `(${words.required}) `}
              </>
            ))}
          </Fact>
        )}
        {body && (
          <Fact name={words.body}>
            <pre tabIndex={0}>{JSON.stringify(body.example, null, 2)}</pre>
          </Fact>
        )}
        <Fact name={words.answer}>{answer === "socket" ? words.socket : Object.keys(answer).join(", ")}</Fact>
      </dl>
      {problems.length > 0 && (
        <details>
          <summary>{words.problems}</summary>
          <p>
            {[...new Set(problems)].map((code) => (
              <>
                <code key={code}>{code}</code>{" "}
              </>
            ))}
          </p>
        </details>
      )}
    </article>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function anchorOf(group: string): string {
  return group.replaceAll(" ", "-");
}
