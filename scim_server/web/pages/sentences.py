"""What services say when they refuse, as people meet it on pages; programs are always told in English.

A test finds each of them in the source of the services, so that a changed text is changed here too.
"""

# Marks a text for the catalogue of translations and leaves it as it is.
_ = str

SENTENCES: tuple[str, ...] = (
    # Forms and addresses of pages.
    _("This form is too old, or came from another site. Go back, load the page again, and send it anew."),
    _("Sign in to see this page."),
    _("You are not a member of such an Organization."),
    _("There is no such resource."),
    _("The request is larger than this server accepts."),
    _("This form takes %(most)s bytes at most; send what it holds in smaller parts."),
    _("The request could not be understood."),
    _("The request conflicts with the present state."),
    _("The resource has changed since; read it again."),
    _("This token may not do this."),
    # Signing in, and one's own account.
    _("That address and password do not belong together. Try again, or ask for a new password."),
    _("That code is not right. Codes change every 30 seconds, and each is good once."),
    _("That passkey is not one of yours. Try another way."),
    _("That took too long. Sign in again."),
    _("Confirm your address first: we have sent you a mail with a link."),
    _("There were too many attempts. Wait a moment and try again."),
    _("%(name)s has its people sign in at its identity provider, without a password here."),
    _("This link has been used or is too old. Ask for another one; only the newest works."),
    _("This link goes around no single sign-on any more. Ask an Organization Owner for the newest."),
    _("Open this link in the browser in which you signed in, or sign in again here."),
    _("There is no such sign-in address."),
    _("You would enter as %(role)s."),
    _("You would be refused: %(reason)s."),
    _("not a member"),
    _("deactivated"),
    _("address not vouched for"),
    _("another person"),
    _("account disabled"),
    _("There is no such code, or it was used or is older than 10 minutes. Look at it once more."),
    _("Choose an Organization that you are a member of."),
    _(
        "You are signed in by your Organization, which can show who you are there and no more. Sign in with your "
        "password to change your account."
    ),
    _("Show once more that it is you: type your password."),
    _("That is not your password."),
    _("Your session has ended. Sign in again."),
    _("That is your address already."),
    _("The new address has an account of its own by now, so yours keeps its address."),
    _("The browser's passkey could not be accepted. Try again."),
    _("This account is disabled; ask whoever runs this server."),
    _("An account has at most %(most)s second factors; remove one first."),
    _("That code is not right. Is the clock of your device?"),
    _("This passkey is set up already."),
    _("There is no such second factor; it may have been removed already."),
    _("Recovery codes come with a second factor; set one up first."),
    _("A name has 1 to %(most)s printable characters."),
    _("There is an account with this address already; sign in with it."),
    _("This is no e-mail address."),
    _("There is no such session; it may have ended already."),
    _("Choose at least %(least)s characters; a few words in a row do well."),
    _("Choose at most %(most)s characters."),
    _("This password is made of what others know of you. Choose a few unrelated words in a row."),
    _("%(why)s. Choose another; a few unrelated words in a row do well."),
    _("This password is easy to guess"),
    _("Straight rows of keys are easy to guess"),
    _("Short keyboard patterns are easy to guess"),
    _('Repeats like "aaa" are easy to guess'),
    _('Repeats like "abcabcabc" are only slightly harder to guess than "abc"'),
    _('Sequences like "abc" or "6543" are easy to guess'),
    _("Recent years are easy to guess"),
    _("Dates are often easy to guess"),
    _("This is a top-10 common password"),
    _("This is a top-100 common password"),
    _("This is a very common password"),
    _("This is similar to a commonly used password"),
    _("A word by itself is easy to guess"),
    _("Names and surnames by themselves are easy to guess"),
    _("Common names and surnames are easy to guess"),
    # Invitations.
    _('The API token "%(name)s"'),
    _("An administrator"),
    _("There is no such invitation. Use the newest mail that you received."),
    _("This invitation was used already."),
    _("This invitation was declined. Ask for a new one if that was a mistake."),
    _("This invitation is no longer valid. Ask an Organization Owner for a new one."),
    _("This invitation has expired. Ask an Organization Owner for a new one."),
    _("User is already a member of this organization."),
    _("This User is deactivated. Reactivate them instead: in the identity provider, if it manages them, or else here."),
    _(
        "This invitation was sent to %(address)s, and you are signed in with another address. Sign out, and open the "
        "link again."
    ),
    _(
        "Whoever invited you can no longer offer this role, so the invitation cannot be accepted. Ask an Organization "
        "Owner to invite you again."
    ),
    _("Invalid email address. Please check the address and try again: %(why)s"),
    _("User '%(name)s' has no e-mail address to be invited at."),
    _("%(number)s invitations an hour may be sent to one address; try again later."),
    _("%(number)s invitations an hour may be sent by one Organization; try again later."),
    _("%(address)s stands twice in this request; the first line counts."),
    _("This invitation was accepted; remove the User instead."),
    _("This invitation is %(state)s; invite the person anew instead."),
    _("This User does not wait for an invitation, but is %(status)s."),
    _("There is no invitation '%(id)s'."),
    _("At most %(most)s people are invited by one request."),
    _("At most %(most)s Users are invited by one request."),
    _("Several Users have the address %(address)s; invite one of them by the User's id."),
    _("Another User has an open invitation to %(address)s; revoke that one first."),
    # Users, roles and Teams.
    _(
        "This is the only active Organization Owner. Make another User an Organization Owner first; nothing was "
        "changed."
    ),
    _(
        "A removal can be undone for 30 seconds, by whoever removed. Invite the person, or assign them in the identity "
        "provider again."
    ),
    _("The person is here again already, by another way."),
    _("There is no User '%(id)s'."),
    _("There is no Team '%(id)s'."),
    _("The Team has no member '%(id)s'."),
    _("No User of this Organization has the id %(id)s; invite the person first."),
    _("There is no custom role '%(id)s'."),
    _("This needs the permission %(permission)s, or a role on a Workspace."),
    _("The role %(role)s is restricted to other Workspaces; add this one to its restrictedWorkspaceIds."),
    _("%(place)s stands twice; a subject has one role on each place."),
    _(
        "This User belongs to another sign-in account, or the account to another User of this Organization; ask an "
        "Organization Owner to remove the one that is not needed."
    ),
    _("At most %(most)s people can be selected at once."),
    _("There is no such action."),
    _("Roles are held on a workspace, a deployment or a dag."),
    _("A Team's name has 1 to %(most)s printable characters."),
    _("A description has at most %(most)s characters."),
    _("This needs the permission %(permission)s, which %(role)s does not have."),
    _("This needs the permission %(permission)s on %(place)s, which %(role)s lacks."),
    _("Nobody grants a role above their own: %(role)s stands above %(own)s."),
    _("Nobody grants or takes a role above their own: %(role)s on %(place)s permits what %(own)s may not do there."),
    _("%(name)s is no role of the %(scope)s; choose one of %(roles)s."),
    _("Nobody joins as %(role)s by themselves; choose a role that is less."),
    _("A role's name has 1 to %(most)s printable characters."),
    _("%(name)s is a default role; choose another name."),
    _("Only an Organization Owner may do everywhere what a role could permit, and so make roles."),
    _(
        "The role %(role)s is held in other Workspaces, such as %(place)s; take it away there or leave that Workspace "
        "in the restriction."
    ),
    _("The role %(role)s is held on %(places)s places; take it from the Users, Teams and tokens that hold it first."),
    _("The id or tag of a Dag has 1 to %(most)s printable characters."),
    _("There is a Team called '%(name)s' in this Organization already."),
    _("The name of this Team, '%(name)s', comes from the identity provider; rename it there."),
    _(
        "An identity provider provisions this Organization, so nobody can %(what)s by hand. Do it in the identity "
        "provider, or switch its provisioning off: PATCH .../connections/%(id)s with "
        '{"provisioning": "OFF"}.'
    ),
    _("create Teams"),
    _("add members to Teams"),
    _(
        "displayName is taken by another Group of this Organization; find it with a filter on displayName and change "
        "that one."
    ),
    # Tokens.
    _("There is no token %(id)s in this Organization."),
    _("There is no token '%(id)s'."),
    _("A token of the kind STANDARD needs a role on its scope."),
    _("A token's name has 1 to %(most)s printable characters."),
    _("A token with roles below the Organization is rotated by an Organization Owner alone."),
    # Connections, single sign-on and domains.
    _("There is no such Connection in this Organization."),
    _("A Connection's name has 1 to %(most)s printable characters."),
    _("There is a Connection %(name)s already; choose another name."),
    _("An Organization has at most %(most)s Connections; delete one first."),
    _("This is the only Connection of the Organization; create another one first."),
    _("SCIM tokens of this Connection are still good; delete them first: %(tokens)s."),
    _("Requests are kept 1 to %(most)s days."),
    _("Name the issuer and the client id first."),
    _("Sign in once by these settings before others do: have them tested, and switch them on then."),
    _("Give 1 to %(most)s printable characters."),
    _("Give 1 to %(most)s scopes, words without spaces."),
    _("This cannot be an issuer. %(why)s"),
    _("A URL begins with https://."),
    _("This is no URL: its host or port cannot be read."),
    _("A URL holds neither a user name nor a fragment."),
    _("A URL's port is from 1 to 65535."),
    _("The host is no name that the DNS knows; write it in its xn-- form."),
    _("An issuer has no query part."),
    _("A URL has at most %(most)s plain ASCII characters, without spaces."),
    _("Nobody has set up signing in by the Connection '%(id)s'."),
    _("This Organization has no bypass link."),
    _("Write https: what is sent and answered would cross the network in the clear."),
    _(
        "The host %(host)s has an address that is not public. If it is meant, the operator puts its network into "
        "outbound_private_networks."
    ),
    _("This name is an IP address; name the domain of your e-mail addresses."),
    _("This name is no domain of the public DNS, so nobody can prove it."),
    _("This name is a public suffix, under which many others have their domains; claim your own one below it."),
    _("This name belongs to a mail service at which anybody can have an address; claim your own domain."),
    _("This name is longer than %(most)s characters."),
    _("This name is no domain name."),
    _("This Organization has the domain %(name)s already."),
    _("There is no such domain in this Organization."),
    _("An Organization has at most %(most)s domains; delete one first."),
    _(
        "This domain is proved for another Organization of this server, and a domain belongs to one. It has to be "
        "deleted there first."
    ),
    _("No DNS resolver could say whether %(name)s has a TXT record; nothing was changed."),
    _(
        "There is no TXT record %(value)s at %(name)s yet. Changes of the DNS take minutes, and with some providers "
        "hours; try again later."
    ),
    _("Other domains are being checked; nothing was changed, try again."),
    _("Single sign-on cannot be the only way yet: %(reason)s"),
    _("prove the domain first."),
    _("name the Connection by which its people sign in first."),
    _("switch single sign-on of its Connection on first."),
    _("test its Connection first, as an Owner who enters by it as themselves."),
    _("test its Connection yourself first, so that you know that you can still enter."),
    # General, journal and audit log.
    _("An Organization's name has 1 to %(most)s printable characters."),
    _("There is no such event in this Organization; it may be older than events are kept."),
    _("There is no such request in the journal; it may be older than the journal keeps."),
    _("Audit events are kept 1 to %(most)s days, or for ever."),
    # Scopes and roles of config/roles.toml.
    _("The Organization as a whole. Every User has exactly one of these roles."),
    _("One Workspace and the Deployments in it."),
    _("Manages the Workspace, who may do what in it, and the API tokens of its Deployments."),
    _("Runs Deployments: makes, configures and deletes them, and manages the API tokens of the Workspace."),
    _("Deploys code, runs Dags, and manages alerts."),
    _("Sees Deployments, Dags, logs, and who has access."),
    _("Sees that the Workspace is there; comes along with a role on a Deployment or Dag in it."),
    _("One Deployment."),
    _("Does in this Deployment what a Workspace Operator does in all."),
    _("Sees that the Deployment is there; comes along with a role on a Dag in it."),
    _("Sees the Deployment, its Dags and logs."),
    _("Configures and deletes the Deployment, and all that an author does."),
    _("One Dag, named by its id or by a tag inside a Deployment."),
    _("Reads, edits, runs and deletes the Dag."),
    _("Reads the Dag, its runs and logs."),
)
