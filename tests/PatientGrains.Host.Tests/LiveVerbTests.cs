using System.Globalization;

namespace PatientGrains.Host.Tests;

/// <summary>push, watch and burden against a server, as users run them.</summary>
public sealed class LiveVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_is_pushed_is_acknowledged_once_and_a_watcher_sees_its_alerts()
    {
        using var server = await Server.Start(_folder);
        _folder.Write("ehr/1-patient.ndjson", Resources.Patient("p1", ",\"birthDate\":\"1950-03-04\""));
        _folder.Write("ehr/2-lactate.ndjson", Lactate("o1", 6.3m));

        var pushed = await Tool.Expect(0, _folder, "push", "ehr");
        Assert.Contains("2 messages acknowledged, 0 of them repeats", pushed.Out);
        var again = await Tool.Expect(0, _folder, "push", "ehr");
        Assert.Contains("2 messages acknowledged, 2 of them repeats", again.Out);

        var watched = await Watch("--from-beginning");
        Assert.Contains("Patient/p1  lactate #1: raised", watched.Out);
        Assert.Contains("6.3 mmol/L", watched.Out);

        _folder.Write("corrected.ndjson", Lactate("o1", 1.1m));
        await Tool.Expect(0, _folder, "push", "corrected.ndjson");
        var resumed = await Watch();
        Assert.Contains("withdrawn: Observation/o1 was corrected by its version 2", resumed.Out);

        var burden = await Tool.Expect(0, _folder, "burden");
        Assert.Matches("lactate +1 ", burden.Out);
        Assert.DoesNotContain(Resources.Family, pushed.All + watched.All + burden.All + server.Said);
        server.Terminate();
        Assert.Equal(0, await server.Ended());
        Assert.Equal(burden.Out, (await Tool.Expect(0, _folder, "burden")).Out);
    }

    [Fact]
    public async Task What_the_server_refuses_is_listed_and_the_rest_is_taken()
    {
        using var server = await Server.Start(_folder);
        _folder.Write("a.ndjson", Resources.Patient("p1") + "\n{\"resourceType\":\"Nonsense\"}\n" + Resources.Patient("p2"));
        var pushed = await Tool.Expect(1, _folder, "push", "a.ndjson");
        Assert.Contains("2 messages acknowledged", pushed.Out);
        Assert.Contains("\"line\":2", File.ReadAllText(_folder["rejects.ndjson"]));
    }

    [Fact]
    public async Task Without_a_server_they_say_what_to_do()
    {
        using (var server = await Server.Start(_folder))
        {
            server.Terminate();
            await server.Ended();
        }
        _folder.Write("a.ndjson", Resources.Patient("p1"));
        Assert.Contains("patientgrains serve", (await Tool.Expect(2, _folder, "push", "a.ndjson")).Error);
        Assert.Contains("patientgrains serve", (await Tool.Expect(2, _folder, "watch")).Error);
        Assert.Contains("--server", (await Tool.Expect(2, _folder, "watch", "--server", "nowhere")).Error);
    }

    [Fact]
    public async Task A_cursor_that_is_none_is_refused_in_one_line()
    {
        using var server = await Server.Start(_folder);
        _folder.Write("at", "no cursor");
        var watched = await Tool.Expect(2, _folder, "watch", "--cursor-file", "at");
        Assert.Contains("InvalidArgument", watched.Error);
        Assert.DoesNotContain("   at ", watched.Error);
    }

    /// <summary>For one line. A record that does not answer for seconds is passed over; its line comes to who asks again.</summary>
    private async Task<Ran> Watch(params string[] more)
    {
        while (true)
        {
            byte[]? from = File.Exists(_folder["at"]) ? File.ReadAllBytes(_folder["at"]) : null;
            string[] one = ["watch", "--count", "1", "--rule", "lactate", "--cursor-file", "at"];
            var ran = await Tool.Expect(0, _folder, [.. one, .. more]);
            if (!ran.Out.Contains("UNREADABLE", StringComparison.Ordinal))
                return ran;
            File.Delete(_folder["at"]);
            if (from is not null)
                File.WriteAllBytes(_folder["at"], from);
        }
    }

    private static string Lactate(string id, decimal mmolPerL)
    {
        string value = mmolPerL.ToString(CultureInfo.InvariantCulture);
        string at = DateTimeOffset.UtcNow.AddMinutes(-5).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        return $$$"""
            {"resourceType":"Observation","id":"{{{id}}}","status":"final","subject":{"reference":"Patient/p1"},
            "effectiveDateTime":"{{{at}}}","code":{"coding":[{"system":"http://loinc.org","code":"2524-7"}]},
            "valueQuantity":{"value":{{{value}}},"unit":"mmol/L","system":"http://unitsofmeasure.org","code":"mmol/L"}}
            """.Replace("\n", "");
    }
}
