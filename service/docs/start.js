"use strict";

// Relative, so that the page works under a prefix; validatorUrl null, so that no other host is asked.
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#contract",
  deepLinking: true,
  validatorUrl: null,
});
