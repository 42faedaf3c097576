"""The guides of identity providers that are rented: Okta, Entra ID, OneLogin, JumpCloud, Ping, Google."""

from flask_babel import lazy_gettext

from scim_server.web.console.guides.model import BASE_URL, TOKEN, Guide, Step, Value

_TENANT_URL = BASE_URL + "?aadOptscim062020"

OKTA = Guide(
    "okta",
    "Okta",
    lazy_gettext("An app integration of your own with SCIM provisioning, made in the Okta Admin Console."),
    (
        Step(
            lazy_gettext("Create the app integration"),
            lazy_gettext(
                "In the Okta Admin Console open Applications > Applications and choose Create App Integration. Choose "
                "the sign-in method that you use for single sign-on, or Secure Web Authentication if you only "
                "provision. On the tab General, under App Settings, choose Edit, select SCIM as the provisioning, and "
                "save."
            ),
        ),
        Step(
            lazy_gettext("Enter the SCIM connection"),
            lazy_gettext("On the tab Provisioning open Integration and choose Edit. Enter these values:"),
            (
                Value("SCIM connector base URL", BASE_URL),
                Value("Unique identifier field for users", "userName"),
                Value("Supported provisioning actions", "Push New Users, Push Profile Updates, Push Groups"),
                Value("Authentication Mode", "HTTP Header"),
                Value("Authorization: Bearer", TOKEN),
            ),
        ),
        Step(
            lazy_gettext("Test and save"),
            lazy_gettext(
                "Choose Test Connector Configuration, then Save. The panel First requests turns green with that test."
            ),
        ),
        Step(
            lazy_gettext("Switch on what is pushed"),
            lazy_gettext(
                "On the tab Provisioning open To App, choose Edit, and select only these. Leave Sync Password off: "
                "passwords are never kept."
            ),
            (Value("To App", "Create Users, Update User Attributes, Deactivate Users"),),
        ),
        Step(
            lazy_gettext("Assign people"),
            lazy_gettext(
                "On the tab Assignments assign people or groups. Each of them arrives within a minute and is shown "
                "in the Users tab."
            ),
        ),
        Step(
            lazy_gettext("Push groups"),
            lazy_gettext(
                "On the tab Push Groups choose Push Groups > Find groups by name. Each pushed group becomes a Team. "
                "Do not use one group both for assignment and for push: Okta advises against it, as the members may "
                "arrive before the people do."
            ),
        ),
    ),
    lazy_gettext(
        "The test lists users. For each person Okta looks by userName and creates the User if nobody is found; if "
        "somebody is, it takes that User over. A pushed group is looked for by name, created, and then filled."
    ),
    lazy_gettext(
        "Unassigning or deactivating sends active: false, and the User becomes inactive. Okta never deletes a User."
    ),
    (
        lazy_gettext(
            "The host of the base URL must not contain an underscore, and Okta waits 60 seconds for an answer."
        ),
        lazy_gettext("Okta sends a made-up password with each new User; it is dropped."),
        lazy_gettext("Suspending a person in Okta sends nothing."),
        lazy_gettext("A group that is out of step is repaired by Push Groups > Push now."),
    ),
)

ENTRA = Guide(
    "entra",
    "Microsoft Entra ID",
    lazy_gettext("An enterprise application that is in no gallery, with automatic provisioning."),
    (
        Step(
            lazy_gettext("Create the application"),
            lazy_gettext(
                "In the Microsoft Entra admin center open Enterprise applications > New application > Create your own "
                "application. Name it, and choose Integrate any other application you don't find in the gallery."
            ),
        ),
        Step(
            lazy_gettext("Enter the credentials"),
            lazy_gettext(
                "In the application open Provisioning, choose Connect your application (or set the Provisioning Mode "
                "to Automatic), and enter these values. The end of the address asks Entra for changes in the form of "
                "the standard; without it provisioning works too."
            ),
            (Value("Tenant URL", _TENANT_URL), Value("Secret Token", TOKEN)),
        ),
        Step(
            lazy_gettext("Test the connection"),
            lazy_gettext(
                "Choose Test Connection, then Create or Save. The panel First requests turns green with that test."
            ),
        ),
        Step(
            lazy_gettext("Map the attributes of users"),
            lazy_gettext(
                "Open Mappings > Provision Microsoft Entra ID Users. These three are enough. For userName take the "
                "attribute that people sign in with, mail or userPrincipalName, and the same one in single sign-on. "
                "Leave it first in Match objects using this attribute."
            ),
            (
                Value("userName", "mail (userPrincipalName)"),
                Value("active", 'Switch([IsSoftDeleted], , "False", "True", "True", "False")'),
                Value("displayName", "displayName"),
            ),
        ),
        Step(
            lazy_gettext("Map the attributes of groups"),
            lazy_gettext("Open Provision Microsoft Entra ID Groups, or switch it off to provision only people."),
            (Value("displayName", "displayName"), Value("externalId", "objectId"), Value("members", "members")),
        ),
        Step(
            lazy_gettext("Assign people and groups"),
            lazy_gettext(
                "Under Users and groups assign who shall join. Nested groups are not followed by Entra: assign each "
                "group by itself."
            ),
        ),
        Step(
            lazy_gettext("Start provisioning"),
            lazy_gettext(
                "On Provisioning > Overview choose Start provisioning. The first cycle begins within minutes, the "
                "next ones come about every 40 minutes. To see one person at once, choose Provision on demand."
            ),
        ),
    ),
    lazy_gettext(
        "The test looks for a userName that nobody has. Then each person is looked for and created, each group is "
        "looked for by name and created without members, and the members follow."
    ),
    lazy_gettext(
        "Unassigned or soft-deleted people are set to active: false; 30 days after a deletion in Entra the User is "
        "deleted. A group that leaves the scope is deleted, and its members stay."
    ),
    (
        lazy_gettext("Provision on demand sends the older form of changes, whatever the address says; both work."),
        lazy_gettext(
            "Where many requests fail, Entra puts the application into quarantine and comes only once a day. Mend what "
            "the health of this Connection shows, then choose Restart provisioning."
        ),
        lazy_gettext("Restoring a deleted person does not send memberships again; those of inactive Users are kept."),
    ),
)

ONELOGIN = Guide(
    "onelogin",
    "OneLogin",
    lazy_gettext("The SCIM Provisioner of OneLogin's app catalogue."),
    (
        Step(
            lazy_gettext("Add the app"),
            lazy_gettext(
                "In OneLogin open Applications > Applications > Add App, look for SCIM Provisioner with SAML (SCIM v2 "
                "Core), and save it."
            ),
        ),
        Step(
            lazy_gettext("Enter the connection"),
            lazy_gettext("On the tab Configuration, under API Connection, enter these values and choose Enable:"),
            (
                Value("SCIM Base URL", BASE_URL),
                Value("SCIM Bearer Token", TOKEN),
                Value(
                    "SCIM JSON Template",
                    '{ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{$parameters.'
                    'scimusername}", "name": { "givenName": "{$user.firstname}", "familyName": "{$user.lastname}" }, '
                    '"emails": [{ "value": "{$user.email}", "type": "work", "primary": true }], '
                    '"displayName": "{$user.display_name}" }',
                ),
            ),
        ),
        Step(
            lazy_gettext("Switch provisioning on"),
            lazy_gettext(
                "On the tab Provisioning select Enable provisioning. Choose what happens when people are deleted in "
                "OneLogin, or their access is removed: Suspend keeps their roles and Teams for when they come back."
            ),
        ),
        Step(
            lazy_gettext("Send groups"),
            lazy_gettext(
                "On the tab Parameters open Groups and select Include in User Provisioning. On the tab Rules add a "
                "rule that sets Groups, such as from the people's roles. Each group becomes a Team."
            ),
        ),
        Step(
            lazy_gettext("Assign people"),
            lazy_gettext("Give people access to the app by a role or one by one, and approve what waits under Users."),
        ),
    ),
    lazy_gettext(
        "Enabling looks for a userName that nobody has. For each person OneLogin looks, creates, reads, and later "
        "replaces the whole User; groups are listed, created and filled."
    ),
    lazy_gettext("As you chose under Provisioning: the User is deleted, set to active: false, or left alone."),
    (
        lazy_gettext("The JSON template decides what arrives: what it lacks is cleared with the next update."),
        lazy_gettext("OneLogin sends no User-Agent; a firewall before this server must let that pass."),
    ),
)

JUMPCLOUD = Guide(
    "jumpcloud",
    "JumpCloud",
    lazy_gettext("A custom SSO application with identity management."),
    (
        Step(
            lazy_gettext("Add the application"),
            lazy_gettext(
                "In the JumpCloud Admin Portal open SSO Applications > Add New Application > Custom Application. "
                "Select Manage users and export users to this app (Provisioning)."
            ),
        ),
        Step(
            lazy_gettext("Enter the connection"),
            lazy_gettext("On the tab Identity Management enter these values:"),
            (
                Value("API Type", "SCIM API"),
                Value("SCIM Version", "SCIM 2.0"),
                Value("Base URL", BASE_URL),
                Value("Token Key", TOKEN),
                Value("Test User Email", lazy_gettext("an address of yours that no User has yet")),
            ),
        ),
        Step(
            lazy_gettext("Test and activate"),
            lazy_gettext(
                "Choose Test Connection, then Activate. JumpCloud creates a test user and a test group, changes them "
                "and deletes them; all of it shows in the request journal."
            ),
        ),
        Step(
            lazy_gettext("Switch group management on"),
            lazy_gettext("Select Enable management of User Groups and Group Membership in this application, and save."),
        ),
        Step(
            lazy_gettext("Assign groups"),
            lazy_gettext("On the tab User Groups select those whose members shall join. Each becomes a Team."),
        ),
    ),
    lazy_gettext("Activation creates, updates and deletes a test user and a test group before any real person comes."),
    lazy_gettext("Whoever leaves the last group of the application is set to active: false."),
    (
        lazy_gettext("JumpCloud adds members again who are members already; that changes nothing."),
        lazy_gettext("The custom application knows no extensions, so department and manager are not sent."),
    ),
)

PING = Guide(
    "ping",
    "PingOne and PingFederate",
    lazy_gettext("A SCIM outbound connection of PingOne; PingFederate's SCIM connector has the same fields."),
    (
        Step(
            lazy_gettext("Add the connection"),
            lazy_gettext(
                "In PingOne open Integrations > Provisioning, choose the plus sign > New Connection > Identity Store > "
                "SCIM Outbound, and name it."
            ),
        ),
        Step(
            lazy_gettext("Enter the address and the token"),
            lazy_gettext("Enter these values and choose Test Connection:"),
            (
                Value("SCIM BASE URL", BASE_URL),
                Value("Users Resource", "/Users"),
                Value("Groups Resource", "/Groups"),
                Value("SCIM Version", "2.0"),
                Value("Authentication Method", "OAuth 2 Bearer Token"),
                Value("Oauth Access Token", TOKEN),
                Value("Auth Type Header", "Bearer"),
            ),
        ),
        Step(
            lazy_gettext("Choose how people are found and removed"),
            lazy_gettext("Leave the filter as it is offered. Disable keeps roles and Teams for when people come back."),
            (
                Value("User Filter Expression", 'username Eq "%s"'),
                Value("User Identifier", "userName"),
                Value("Remove Action", "Disable"),
                Value("Group Membership Handling", "Merge"),
            ),
        ),
        Step(
            lazy_gettext("Make a rule and switch both on"),
            lazy_gettext(
                "Under Rules make a rule from PingOne to this connection, choose whom it includes, map userName to the "
                "e-mail address, and switch the rule and the connection on."
            ),
        ),
        Step(
            lazy_gettext("Send groups"),
            lazy_gettext("In the rule open Group Provisioning and choose the groups. Each becomes a Team."),
        ),
    ),
    lazy_gettext("The test lists or looks for users; then each person is looked for by userName and created."),
    lazy_gettext("As Remove Action says: active: false, or the User is deleted."),
    (lazy_gettext("Overwrite instead of Merge removes members whom PingOne does not know from its groups."),),
)

GOOGLE = Guide(
    "google",
    "Google Workspace",
    lazy_gettext(
        "Google provisions only apps of its catalogue. Let people sign in with Google and join just in time; a "
        "catalogue app that takes an address and a token can push people too."
    ),
    (
        Step(
            lazy_gettext("Connect single sign-on"),
            lazy_gettext(
                "On the page Authentication connect Google by OpenID Connect, and leave automatic membership on: "
                "whoever Google lets in joins at the first sign-in."
            ),
        ),
        Step(
            lazy_gettext("Provision by a catalogue app, if you have one"),
            lazy_gettext(
                "In the Google Admin console open Apps > Web and mobile apps, choose the app, and under "
                "Autoprovisioning choose Configure autoprovisioning. Enter these values:"
            ),
            (Value("Endpoint URL", BASE_URL), Value("Access token", TOKEN)),
        ),
        Step(
            lazy_gettext("Choose what happens when people leave"),
            lazy_gettext(
                "Set after how many days people are suspended and deleted here when they lose the app or leave."
            ),
        ),
    ),
    lazy_gettext("Google lists one user, looks for each person and creates who is missing. It sends no groups."),
    lazy_gettext("Suspended people are set to active: false, and deleted after the time that you chose."),
    (
        lazy_gettext(
            "Without provisioning nobody tells this server that a person has left Google; they cannot sign in any "
            "more, and an Owner removes them."
        ),
    ),
)

GUIDES = (OKTA, ENTRA, ONELOGIN, JUMPCLOUD, PING, GOOGLE)
