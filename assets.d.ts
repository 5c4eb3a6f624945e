// What an import of a file that is not code gives: the browser's build takes style sheets, and a prompt is its text.
declare module "*.css" {}

declare module "*.md" {
  const text: string;
  export default text;
}
