import * as pulumi from "@pulumi/pulumi";

/**
 * What ARM refuses in a site of Flex Consumption (error 51021), or ignores. Source:
 * Azure/terraform-azurerm-avm-res-web-site, PR 345.
 */
export const refusedSiteConfig = [
  "linuxFxVersion",
  "windowsFxVersion",
  "netFrameworkVersion",
  "ftpsState",
  "use32BitWorkerProcess",
  "preWarmedInstanceCount",
  "functionAppScaleLimit",
  "functionsRuntimeScaleMonitoringEnabled",
  "alwaysOn",
  "localMySqlEnabled",
  "healthCheckPath",
] as const;

/** The same of the app's settings. A name that ends in `*` stands for all that begin so. */
export const refusedAppSettings = [
  "FUNCTIONS_WORKER_RUNTIME",
  "FUNCTIONS_EXTENSION_VERSION",
  "WEBSITE_RUN_FROM_PACKAGE",
  "WEBSITE_CONTENT*",
  "WEBSITE_NODE_DEFAULT_VERSION",
  "WEBSITE_TIME_ZONE",
  "WEBSITE_LOAD_CERTIFICATES",
  "SCM_DO_BUILD_DURING_DEPLOYMENT",
  "ENABLE_ORYX_BUILD",
  "TZ",
] as const;

/**
 * Takes out of a site what azure-native puts into every `siteConfig` and Flex refuses. Only a `transformations` entry
 * sees it: nothing that a program writes there keeps it away (pulumi-azure-native#4168).
 */
export const stripForFlex: pulumi.ResourceTransformation = ({ props, opts }) => ({
  props: { ...props, siteConfig: pulumi.output(props.siteConfig).apply(withoutRefused) },
  opts,
});

function withoutRefused(siteConfig: unknown): unknown {
  if (typeof siteConfig !== "object" || siteConfig === null) return siteConfig;
  return Object.fromEntries(
    Object.entries(siteConfig).filter(([name]) => !(refusedSiteConfig as readonly string[]).includes(name)),
  );
}
