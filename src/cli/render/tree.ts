import type { TreeNode } from '../../core/resolution/dependency-graph.ts';
import { bold, dim, type Line, yellow } from './line.ts';

/** A set as a tree: what sheaf.toml asks for, and below everything what it needs. */
export function treeLines(nodes: readonly TreeNode[]): readonly Line[] {
  return nodes.flatMap((node) => [nodeLine(node, ''), ...branchLines(node.dependencies, '')]);
}

function branchLines(nodes: readonly TreeNode[], indent: string): readonly Line[] {
  return nodes.flatMap((node, index) => {
    const isLast = index === nodes.length - 1;
    return [
      nodeLine(node, `${indent}${isLast ? '└── ' : '├── '}`),
      ...branchLines(node.dependencies, `${indent}${isLast ? '    ' : '│   '}`),
    ];
  });
}

function nodeLine({ name, version, asked, verified, repeated }: TreeNode, lead: string): Line {
  return [
    dim(lead),
    bold(name),
    ` ${version}`,
    dim(` ${asked}`),
    ...(verified ? [] : [yellow(' unverified')]),
    ...(repeated ? [dim(' (see above)')] : []),
  ];
}
