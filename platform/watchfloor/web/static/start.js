// Begins the API's page. The document is OpenAPI 3.1; Swagger UI 4 reads 3.0, so it gets the same in 3.0's words:
// a type or null becomes `nullable`, `const` a list of one, and numeric exclusive bounds become flags.
"use strict";

const isNull = (schema) => schema !== null && typeof schema === "object" && schema.type === "null";

function inOlderWords(node) {
  if (Array.isArray(node)) return node.map(inOlderWords);
  if (node === null || typeof node !== "object") return node;
  const older = {};
  for (const [name, value] of Object.entries(node)) older[name] = inOlderWords(value);
  if (Array.isArray(older.type)) {
    const kinds = older.type.filter((kind) => kind !== "null");
    if (kinds.length < older.type.length) older.nullable = true;
    older.type = kinds[0];
  }
  for (const choice of ["oneOf", "anyOf"]) {
    if (Array.isArray(older[choice]) && older[choice].some(isNull)) {
      const rest = older[choice].filter((schema) => !isNull(schema));
      delete older[choice];
      if (rest.length === 1) Object.assign(older, rest[0].$ref ? { allOf: rest } : rest[0]);
      else older[choice] = rest;
      older.nullable = true;
    }
  }
  if (Array.isArray(older.examples)) {
    older.example = older.examples[0];
    delete older.examples;
  }
  if ("const" in older) {
    older.enum = [older.const];
    delete older.const;
  }
  for (const [flag, bound] of [["exclusiveMinimum", "minimum"], ["exclusiveMaximum", "maximum"]]) {
    if (typeof older[flag] === "number") {
      older[bound] = older[flag];
      older[flag] = true;
    }
  }
  return older;
}

async function begin() {
  const answer = await fetch("/api/openapi.json", { credentials: "omit" });
  const spec = inOlderWords(await answer.json());
  spec.openapi = "3.0.3";
  SwaggerUIBundle({
    spec,
    dom_id: "#description",
    presets: [SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    deepLinking: true,
    validatorUrl: null,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    tryItOutEnabled: false,
  });
}

begin();
