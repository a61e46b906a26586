using PatientGrains.Core.Record;

namespace PatientGrains.Gateway.Tests.Rest;

/// <summary>The front remembers where resources lie; that never outlives them.</summary>
public sealed class ErasedTests(GatewayServer server) : IClassFixture<GatewayServer>
{
    [Fact]
    public async Task What_was_read_before_its_record_was_erased_is_not_there_any_more()
    {
        string patient = await server.NewPatient();
        string address = $"Observation/{patient}-1";
        Assert.Equal(201, (await server.Send("PUT", address, Samples.Observation(patient, $"{patient}-1"))).Status);
        foreach (string known in (string[])[address, $"Patient/{patient}", $"Patient/{patient}/$everything"])
        {
            Assert.Equal(200, (await server.Get(known)).Status);
            Assert.Equal(200, (await server.Get(known)).Status);
        }

        await server.Erase("Patient/" + patient);

        foreach (string gone in (string[])[address, $"Patient/{patient}", $"Patient/{patient}/$everything", address])
        {
            var reply = await server.Get(gone);
            Assert.Equal((404, "not-found"), (reply.Status, reply.IssueCode));
            Assert.DoesNotContain("72.0", reply.Text, StringComparison.Ordinal);
        }
        Assert.Contains(await server.SecurityEntries(), entry =>
            entry.Asked == "GET " + address && entry.RefusedBy == nameof(Rule.ResourceUnknown));
    }

    [Fact]
    public async Task An_id_that_was_erased_is_found_where_it_is_written_next()
    {
        string first = await server.NewPatient();
        string second = await server.NewPatient();
        string address = $"Observation/{first}-1";
        Assert.Equal(201, (await server.Send("PUT", address, Samples.Observation(first, $"{first}-1"))).Status);
        Assert.Equal(200, (await server.Get(address)).Status);
        await server.Erase("Patient/" + first);
        Assert.Equal(201, (await server.Send("PUT", address, Samples.Observation(second, $"{first}-1", value: "99.0"))).Status);
        var reply = await server.Get(address);
        Assert.Equal(200, reply.Status);
        Assert.Equal($"Patient/{second}", (string?)reply.Json["subject"]!["reference"]);
        Assert.Contains(await server.AccessLog(second), entry => entry.Interaction == "read" && entry.Asked == address);
    }
}
