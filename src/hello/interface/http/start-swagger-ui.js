// Shows the API's description, with its first operation open and ready to execute.
"use strict";

const root = document.getElementById("swagger-ui");
const ui = SwaggerUIBundle({
  domNode: root,
  url: root.dataset.document,
  deepLinking: true,
  displayRequestDuration: true,
  filter: true,
  showCommonExtensions: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  onComplete: openFirstOperation,
});

function openFirstOperation() {
  if (location.hash) return; // a link to another operation
  const operation = ui.specSelectors.specJson().get("paths").first().first();
  ui.layoutActions.show(["operations", operation.getIn(["tags", 0]), operation.get("operationId")], true);
}
