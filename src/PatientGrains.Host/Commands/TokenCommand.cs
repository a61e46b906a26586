using System.CommandLine;
using PatientGrains.Core.Access;
using PatientGrains.Gateway.Auth;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Settings;

namespace PatientGrains.Host.Commands;

/// <summary><c>patientgrains token</c>: a bearer token from the local key ring.</summary>
internal static class TokenCommand
{
    public static Command Build()
    {
        var subject = new Option<string>("--subject") { Description = "Who: a stable name, for every access entry.", Required = true };
        var role = new Option<string[]>("--role")
        {
            Description = "clinician, integrator, privacy-officer, alerting or operator; may be given several times.",
            DefaultValueFactory = _ => ["clinician"],
        };
        role.AcceptOnlyFromAmong("clinician", "integrator", "privacy-officer", "alerting", "operator");
        var purpose = new Option<string>("--purpose") { Description = "A code of HL7's PurposeOfUse.", DefaultValueFactory = _ => "TREAT" };
        purpose.AcceptOnlyFromAmong([.. AccessPolicy.Purposes]);
        var source = new Option<string>("--source")
        {
            Description = "Slug of the source that the client writes for.",
            DefaultValueFactory = _ => "local",
        };
        var hours = new Option<double>("--hours") { Description = "How long it is valid, at most 720.", DefaultValueFactory = _ => 8 };
        return Common.Verb(
            "token",
            "Print a bearer token, signed with the local key ring.",
            (parsed, settings, _) =>
            {
                Common.RequireSource(settings, parsed.GetRequiredValue(source));
                if (parsed.GetValue(hours) is not (> 0 and <= 720))
                    throw new VerbException("--hours is over 0 and at most 720.");
                var who = new Requester
                {
                    Subject = parsed.GetRequiredValue(subject),
                    Roles = [.. parsed.GetRequiredValue(role).Select(RoleOf)],
                    Purpose = parsed.GetRequiredValue(purpose),
                    Source = parsed.GetRequiredValue(source),
                };
                Console.Out.WriteLine(Token(settings, who, TimeSpan.FromHours(parsed.GetValue(hours))));
                return Task.FromResult(Common.Done);
            },
            subject, role, purpose, source, hours);
    }

    private static string Token(HostSettings settings, Requester who, TimeSpan validFor)
    {
        if (string.IsNullOrWhiteSpace(who.Subject))
            throw new VerbException("--subject names somebody.");
        using var ring = Stores.Ring(settings);
        return new TokenIssuer(Services.GatewayOptionsOf(settings, ring), TimeProvider.System).Issue(who, validFor);
    }

    private static Role RoleOf(string name) => name switch
    {
        "integrator" => Role.Integrator,
        "privacy-officer" => Role.PrivacyOfficer,
        "alerting" => Role.Alerting,
        "operator" => Role.Operator,
        _ => Role.Clinician,
    };
}
