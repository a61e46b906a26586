using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace PatientGrains.Gateway.Tests.Rest;

/// <summary>HL7's own examples go in by HTTP and come out as they were.</summary>
public sealed class OfficialExamplesTests
{
    [ExamplesFact]
    public async Task Every_example_that_is_taken_is_read_back_token_for_token()
    {
        var server = new GatewayServer();
        server.Options = server.Options with { MaxBodyBytes = 16 << 20 };
        await server.InitializeAsync();
        try
        {
            int taken = 0;
            int refused = 0;
            foreach (string sent in OfficialExamples.Lines())
            {
                using var resource = JsonDocument.Parse(sent);
                string type = resource.RootElement.GetProperty("resourceType").GetString()!;
                string id = resource.RootElement.GetProperty("id").GetString()!;
                if (type == "AuditEvent")
                    continue;
                var put = await server.Send("PUT", $"{type}/{id}", sent);
                if (put.Status == 422)
                {
                    refused++;
                    continue;
                }
                Assert.True(put.Status is 200 or 201, $"{type}/{id}: {put.Status} {put.Text[..Math.Min(400, put.Text.Length)]}");
                var read = await server.Get($"{type}/{id}");
                Assert.Equal(200, read.Status);
                Assert.Equal(Tokens(sent), Tokens(read.Text));
                taken++;
            }
            // 978 less those that break a rule of the standard themselves (the validator's tests name each and its rule) and AuditEvents.
            Assert.InRange(taken, 900, 978);
            Assert.InRange(refused, 0, 78);
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    /// <summary>Names and values at the top level as they are written, but for meta, in their order.</summary>
    private static List<string> Tokens(string json)
    {
        using var document = JsonDocument.Parse(json);
        var members = document.RootElement.EnumerateObject().Where(member => member.Name != "meta");
        return [.. members.Select(member => $"{member.Name}={member.Value.GetRawText()}")];
    }
}

/// <summary>HL7's example resources, a line each.</summary>
internal static class OfficialExamples
{
    public static string? Path { get; } = Find();

    public static IEnumerable<string> Lines()
    {
        using var lines = new StreamReader(new GZipStream(File.OpenRead(Path!), CompressionMode.Decompress), Encoding.UTF8);
        while (lines.ReadLine() is { } line)
        {
            if (line.Length > 0)
                yield return line;
        }
    }

    private static string? Find()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(System.IO.Path.Combine(at.FullName, "PatientGrains.sln")))
            at = at.Parent;
        if (at is null)
            return null;
        string path = System.IO.Path.Combine(at.FullName, "..", "shared", "data", "fhir-r4", "examples-4.0.1.ndjson.gz");
        return File.Exists(path) ? path : null;
    }
}

/// <summary>Skipped, visibly, where the examples are missing; in CI they must be there.</summary>
internal sealed class ExamplesFactAttribute : FactAttribute
{
    public ExamplesFactAttribute()
    {
        if (OfficialExamples.Path is null && Environment.GetEnvironmentVariable("CI") != "true")
            Skip = "../shared/data/fhir-r4/examples-4.0.1.ndjson.gz is missing: HL7's examples (npm hl7.fhir.r4.examples 4.0.1, CC0).";
    }
}
