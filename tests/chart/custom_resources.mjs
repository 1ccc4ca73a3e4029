// What the definitions of custom resources say of objects: JSON in (a list), JSON out (a list of faults).
// Their validators let unknown fields pass, as a cluster prunes them; so it is watched which fields a
// validator looks at, and one that it never looks at is a fault.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const OPERATOR = "ComGithubPrometheusOperatorPrometheusOperatorPkgApisMonitoringV1";
const SCHEMAS = {
  "keda.sh/v1alpha1 ScaledObject": ["keda", "ComGithubKedacoreKedaV2ApisKedaV1alpha1ScaledObject"],
  "gateway.networking.k8s.io/v1 HTTPRoute": ["gateway-api", "IoK8sSigsGatewayApiApisV1HTTPRoute"],
  "monitoring.coreos.com/v1 ServiceMonitor": ["prometheus-operator", `${OPERATOR}ServiceMonitor`],
  "monitoring.coreos.com/v1 PodMonitor": ["prometheus-operator", `${OPERATOR}PodMonitor`],
  "monitoring.coreos.com/v1 PrometheusRule": ["prometheus-operator", `${OPERATOR}PrometheusRule`],
};

function watched(value, seen) {
  if (value === null || typeof value !== "object") return value;
  const looked = new Map();
  const own = { looked, value };
  seen.set(value, own);
  return new Proxy(value, {
    get(target, name) {
      const found = target[name];
      if (typeof name !== "string" || !Object.hasOwn(target, name)) return found;
      if (!looked.has(name)) looked.set(name, watched(found, seen));
      return looked.get(name);
    },
  });
}

function unlooked(value, seen, path) {
  if (value === null || typeof value !== "object") return [];
  const looked = seen.get(value)?.looked;
  if (looked === undefined) return [];
  return Object.keys(value).flatMap((name) => {
    const here = `${path}/${name}`;
    return looked.has(name) ? unlooked(value[name], seen, here) : [`${here}: nobody knows it`];
  });
}

const [folder] = process.argv.slice(2);
const faults = [];
for (const each of JSON.parse(readFileSync(0, "utf8"))) {
  const told = `${each.apiVersion} ${each.kind}`;
  if (!(told in SCHEMAS)) {
    faults.push(`${told}: no schema for it`);
    continue;
  }
  const [kind, name] = SCHEMAS[told];
  const file = join(folder, "node_modules", "@kubernetes-models", kind, "_schemas", `${name}.js`);
  const { validate } = await import(pathToFileURL(file).href);
  const seen = new Map();
  if (validate(watched(each, seen))) {
    faults.push(...unlooked(each, seen, told));
  } else {
    faults.push(...validate.errors.map((error) => `${told} ${error.instancePath}: ${error.keyword}`));
  }
}
console.log(JSON.stringify(faults));
