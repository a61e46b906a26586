using System.Globalization;
using PatientGrains.Core.Access;
using PatientGrains.Gateway.Auth;
using PatientGrains.Grpc;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Settings;
using PatientGrains.Log;

namespace PatientGrains.Host.Tests;

/// <summary>Our own client against the program, with tokens from the folder's key ring.</summary>
internal static class GrpcClients
{
    public static PatientGrainsClient Grpc(this Server server, TemporaryFolder folder, Role role = Role.Clinician)
    {
        using var ring = KeyRing.Open(Path.Combine(folder["data"], "keyring.json"));
        var issuer = new TokenIssuer(Services.GatewayOptionsOf(new HostSettings(), ring), TimeProvider.System);
        var who = new Requester { Subject = $"{role}-test", Roles = [role], Purpose = "TREAT", Source = "local" };
        string token = issuer.Issue(who, TimeSpan.FromHours(1));
        return new PatientGrainsClient(new GrpcChannel(new Uri(server.GrpcUrl), new GrpcChannelOptions
        {
            // A server that is slow is not gone.
            ConnectTimeout = Tool.Patience,
            KeepAliveTimeout = Tool.Patience,
            Metadata = () => new GrpcMetadata { { "authorization", "Bearer " + token } },
        }));
    }

    /// <summary>A lactate that holds at a time; over 4 mmol/L is urgent, over 2 a warning, below nothing.</summary>
    public static string Lactate(string patient, string id, string mmolPerL, DateTimeOffset at)
    {
        string effective = at.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
        return $$"""
            {"resourceType":"Observation","id":"{{id}}","status":"final",
            "code":{"coding":[{"system":"http://loinc.org","code":"2524-7"}]},
            "subject":{"reference":"Patient/{{patient}}"},"effectiveDateTime":"{{effective}}",
            "valueQuantity":{"value":{{mmolPerL}},"unit":"mmol/L","system":"http://unitsofmeasure.org","code":"mmol/L"}
            }
            """;
    }
}
