/**
 * Which connections of a JavaScript server are members of which group.
 *
 * Knows nothing of what a connection is. Invariant: a member is in the set of a group exactly where
 * the group is in the set of the member, and no set is empty.
 */

/** The groups of one server. */
export class Groups<Member extends object> {
  readonly #members = new Map<string, Set<Member>>()
  readonly #groups = new Map<Member, Set<string>>()
  readonly #groupsMax: number

  /** `groupsMax` is the most that one member may be in. */
  constructor(groupsMax: number) {
    this.#groupsMax = groupsMax
  }

  /** Whether it is a member now. */
  join(member: Member, group: string): boolean {
    const groups = this.#groups.get(member) ?? new Set()
    if (groups.has(group)) return true
    if (groups.size >= this.#groupsMax) return false
    this.#groups.set(member, groups.add(group))
    const members = this.#members.get(group) ?? new Set()
    this.#members.set(group, members.add(member))
    return true
  }

  /** Whether it was a member. */
  leave(member: Member, group: string): boolean {
    const groups = this.#groups.get(member)
    if (!groups?.delete(group)) return false
    if (groups.size === 0) this.#groups.delete(member)
    this.#drop(member, group)
    return true
  }

  /** Ends all memberships. */
  leaveAll(member: Member): void {
    const groups = this.#groups.get(member)
    if (groups === undefined) return
    this.#groups.delete(member)
    for (const group of groups) this.#drop(member, group)
  }

  /** The members of a group. */
  membersOf(group: string): Iterable<Member> {
    return this.#members.get(group) ?? []
  }

  #drop(member: Member, group: string): void {
    const members = this.#members.get(group)
    members?.delete(member)
    if (members?.size === 0) this.#members.delete(group)
  }
}
