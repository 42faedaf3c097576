"""The guides of identity providers that people run themselves: authentik, Keycloak, canaille; and of any other."""

from flask_babel import lazy_gettext

from scim_server.web.console.guides.model import BASE_URL, TODAY, TOKEN, Guide, Step, Value

AUTHENTIK = Guide(
    "authentik",
    "authentik",
    lazy_gettext("A SCIM provider as the backchannel of an application."),
    (
        Step(
            lazy_gettext("Create the provider"),
            lazy_gettext("In the admin interface open Applications > Providers > Create > SCIM Provider, and enter:"),
            (
                Value("Name", "scim-server"),
                Value("URL", BASE_URL),
                Value("Token", TOKEN),
                Value("SCIM Compatibility Mode", "Default"),
            ),
        ),
        Step(
            lazy_gettext("Choose who is pushed"),
            lazy_gettext(
                "Under User filtering select Exclude service accounts, and a group if only its members shall join."
            ),
        ),
        Step(
            lazy_gettext("Add it to the application"),
            lazy_gettext(
                "Open Applications > Applications, edit the application (or create one), and add the provider under "
                "Backchannel Providers."
            ),
        ),
        Step(
            lazy_gettext("Run it once"),
            lazy_gettext(
                "Open the provider and choose Run sync again. From then on changes are sent as they happen, and all "
                "of it every hour."
            ),
        ),
    ),
    lazy_gettext(
        "authentik reads ServiceProviderConfig, then creates each person and each group; where one is here already, it "
        "looks for it and takes it over. Members follow one by one."
    ),
    lazy_gettext("Whoever leaves the filter or is deleted is deleted here at once, with roles and Teams."),
    (lazy_gettext("All groups are pushed unless the provider's filter or the application's bindings say otherwise."),),
)

KEYCLOAK = Guide(
    "keycloak",
    "Keycloak",
    lazy_gettext("Keycloak itself takes SCIM and does not send it: an extension does, such as keycloak-scim."),
    (
        Step(
            lazy_gettext("Install the extension"),
            lazy_gettext(
                "Put the extension's JAR into the folder providers of Keycloak, run kc.sh build, and start it again."
            ),
        ),
        Step(
            lazy_gettext("Listen to events"),
            lazy_gettext("In the realm open Realm settings > Events > Event listeners, add scim, and save."),
        ),
        Step(
            lazy_gettext("Add the endpoint"),
            lazy_gettext(
                "Open User federation > Add Scim providers and enter these values; their names differ a little between "
                "extensions."
            ),
            (
                Value("SCIM 2.0 endpoint", BASE_URL),
                Value("Endpoint content type", "application/scim+json"),
                Value("Auth mode", "Bearer"),
                Value("Auth password/token", TOKEN),
            ),
        ),
        Step(
            lazy_gettext("Choose what is sent"),
            lazy_gettext(
                "Switch user propagation and group propagation on, and import off. Start a synchronisation once for "
                "the people who are there already."
            ),
        ),
    ),
    lazy_gettext("The extension creates each person and group when it changes in Keycloak, or with a synchronisation."),
    lazy_gettext("A person who is deleted in Keycloak is deleted here; one who is disabled is set to active: false."),
    (
        lazy_gettext("Some extensions send all members of a group with each change; large groups take a while."),
        lazy_gettext("Keycloak's user id arrives as externalId and may be searched for."),
    ),
)

CANAILLE = Guide(
    "canaille",
    "canaille",
    lazy_gettext(
        "canaille pushes to each of its clients that takes SCIM, with an access token that it gave the client."
    ),
    (
        Step(
            lazy_gettext("Switch its SCIM client on"),
            lazy_gettext("In canaille's configuration file, then start it again:"),
            (Value("Section [CANAILLE_SCIM]", "ENABLE_CLIENT = true", is_typed=True),),
        ),
        Step(
            lazy_gettext("Register this server as a client"),
            lazy_gettext("With canaille's command line:"),
            (
                Value(
                    "Command",
                    "canaille create client --client-id scim-server --client-name scim-server --client-uri "
                    + BASE_URL
                    + " --redirect-uris "
                    + BASE_URL
                    + "/unused --scope openid --scope profile",
                    is_typed=True,
                ),
            ),
        ),
        Step(
            lazy_gettext("Plant the token"),
            lazy_gettext(
                "canaille has no field for a token: it sends an access token that it issued to the client. So store "
                "this server's token as one. Press Create token above first; then it stands in this command:"
            ),
            (
                Value(
                    "Command",
                    "canaille create token --token-id scim --access-token "
                    + TOKEN
                    + " --refresh-token unused --type access_token --scope openid --scope profile --client scim-server "
                    "--audience scim-server --issue-date " + TODAY + " --lifetime 31536000",
                    is_typed=True,
                ),
            ),
        ),
        Step(
            lazy_gettext("Change somebody"),
            lazy_gettext(
                "Create a person or save one in canaille, and a group. It pushes each change at once, groups with "
                "their members, and the panel First requests turns green."
            ),
        ),
    ),
    lazy_gettext(
        "canaille reads ServiceProviderConfig, ResourceTypes and Schemas, looks for the person by externalId, and "
        "creates or replaces."
    ),
    lazy_gettext("Whoever is deleted in canaille is deleted here at once."),
    (
        lazy_gettext("The address of the client must be one that canaille reaches; on one machine that is 127.0.0.1."),
        lazy_gettext("The lifetime of the planted token is in seconds; plant it anew before it has passed."),
    ),
)

GENERIC = Guide(
    "generic",
    lazy_gettext("Another identity provider"),
    lazy_gettext("Whatever speaks SCIM 2.0 over HTTPS with a bearer token."),
    (
        Step(
            lazy_gettext("Enter the address and the token"),
            lazy_gettext("These two are all that most providers ask for, by names such as these:"),
            (Value("SCIM base URL", BASE_URL), Value("Bearer token", TOKEN)),
        ),
        Step(
            lazy_gettext("Map the attributes"),
            lazy_gettext("Only userName is needed; the others are shown if they come."),
            (
                Value("userName", lazy_gettext("the e-mail address that people sign in with")),
                Value("externalId", lazy_gettext("the provider's own id of the person")),
                Value("name.givenName, name.familyName, displayName, emails, active", lazy_gettext("as they are")),
            ),
        ),
        Step(
            lazy_gettext("Match what is here already"),
            lazy_gettext("Let people be looked for by userName and groups by displayName before they are created."),
        ),
        Step(
            lazy_gettext("Test, then assign"), lazy_gettext("Assign one person first, and look at the request journal.")
        ),
    ),
    lazy_gettext("Most look for somebody, or list one user, and then create."),
    lazy_gettext("active: false makes the User inactive and keeps roles and Teams; DELETE removes the User."),
    (
        lazy_gettext("/ServiceProviderConfig, /ResourceTypes and /Schemas say what this server offers."),
        lazy_gettext("PUT and PATCH both work, with or without paths, and so do filters on all attributes."),
    ),
)

GUIDES = (AUTHENTIK, KEYCLOAK, CANAILLE, GENERIC)
