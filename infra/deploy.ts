/**
 * The whole of it, in the order in which it is made. What A needs of B stands in A's arguments.
 *
 *   resource group
 *   workspace        monitoring/workspace.ts   Workspace{settings, resourceGroupName} -> id, name, connectionString, appInsightsId
 *   way out, network, private DNS
 *   event hubs, cosmos, storage, key vault, their private endpoints
 *   identity, roles
 *   front door       edge/front-door.ts        FrontDoor{settings, resourceGroupName} -> profileId, profileName, frontDoorId, endpointId,
 *                                              endpointName, hostName, origins (https://… that people reach it at: domains, or the endpoint's)
 *   function app     its settings need the workspace's connection string, the front door's id and its origins
 *   origins, routes  edge/origins.ts, edge/routes.ts   {settings, resourceGroupName, frontDoor, app}
 *   monitoring       monitoring/…              Monitoring{settings, resourceGroupName, workspace, targets: ids of all of the above}
 */
export {};
