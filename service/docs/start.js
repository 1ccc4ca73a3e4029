"use strict";

// Whoever serves this page is asked, by whatever name it was reached: the policy allows no other.
const here = new URL(".", document.baseURI).href.replace(/\/$/, "");

const servedHere = () => ({
  statePlugins: {
    spec: {
      wrapActions: {
        updateJsonSpec: (update) => (contract) => update({ ...contract, servers: [{ url: here }] }),
      },
    },
  },
});

// Relative, so that the page works under a prefix; validatorUrl null, so that no other host is asked.
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#contract",
  deepLinking: true,
  validatorUrl: null,
  plugins: [servedHere],
});
