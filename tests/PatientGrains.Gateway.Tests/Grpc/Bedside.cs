using System.Globalization;
using PatientGrains.Gateway.Tests.Rest;

namespace PatientGrains.Gateway.Tests.Grpc;

/// <summary>Values that make a rule speak, sent over REST as a laboratory would.</summary>
internal static class Bedside
{
    public static async Task<string> Lactate(this GatewayServer server, string patient, string mmolPerL, string? id = null)
    {
        id ??= "o" + Guid.NewGuid().ToString("N");
        var reply = await server.Send("PUT", $"Observation/{id}", Body(patient, id, mmolPerL));
        Assert.True(reply.Status is 200 or 201, reply.Text);
        return id;
    }

    public static string Body(string patient, string id, string mmolPerL, DateTimeOffset? at = null)
    {
        string effective = (at ?? DateTimeOffset.UtcNow).ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", CultureInfo.InvariantCulture);
        return $$"""
            {"resourceType":"Observation","id":"{{id}}","status":"final",
            "code":{"coding":[{"system":"http://loinc.org","code":"2524-7"}]},
            "subject":{"reference":"Patient/{{patient}}"},"effectiveDateTime":"{{effective}}",
            "valueQuantity":{"value":{{mmolPerL}},"unit":"mmol/L","system":"http://unitsofmeasure.org","code":"mmol/L"}
            }
            """;
    }
}
