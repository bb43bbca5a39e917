import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { ToolContext, ToolServices } from './context';
import { addDescribeBase } from './describe-base';
import { addGetRecord } from './get-record';
import { addListBases } from './list-bases';
import { addListRecords } from './list-records';
import { addProposeEdit } from './propose-edit';
import { addSearchRecords } from './search-records';

/**
 * The tools by which a planner, or a program over MCP, reads bases and proposes edits. One server for one
 * context: workspace and user are fixed here and are no argument of any tool. No tool writes to a base.
 */
export function createToolServer(services: ToolServices, context: ToolContext): McpServer {
  const server = new McpServer({ name: 'sagatable', version: '1' });
  for (const add of [
    addListBases,
    addDescribeBase,
    addListRecords,
    addSearchRecords,
    addGetRecord,
    addProposeEdit,
  ]) {
    add(server, services, context);
  }
  return server;
}
