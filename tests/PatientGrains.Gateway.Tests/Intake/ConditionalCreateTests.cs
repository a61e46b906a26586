using System.Globalization;
using PatientGrains.Core.Record;
using PatientGrains.Gateway.Intake;
using static PatientGrains.Gateway.Tests.Intake.Bundles;
using static PatientGrains.Gateway.Tests.Intake.IntakeCluster;
using static PatientGrains.Gateway.Tests.Intake.TransactionTests;

namespace PatientGrains.Gateway.Tests.Intake;

/// <summary>If-None-Exist (R4 3.1.0.8.1).</summary>
public class ConditionalCreateTests(IntakeCluster cluster) : IClassFixture<IntakeCluster>
{
    /// <summary>PATIENTGRAINS_ROUNDS=1000 for the full proof; the default keeps the suite quick.</summary>
    private static readonly int Rounds =
        int.TryParse(Environment.GetEnvironmentVariable("PATIENTGRAINS_ROUNDS"), CultureInfo.InvariantCulture, out int rounds)
            ? rounds
            : 50;

    [Fact]
    public async Task Of_64_concurrent_identical_conditional_creates_exactly_one_creates_in_every_round()
    {
        for (int round = 0; round < Rounds; round++)
        {
            string value = Fresh("v");
            string resource = (round % 3) switch
            {
                0 => $"{{\"resourceType\":\"Practitioner\",{Identifier(value)}}}",
                1 => $"{{\"resourceType\":\"Patient\",{Identifier(value)}}}",
                _ => Observation($"Patient/{value}", "," + Identifier(value)),
            };
            var gateways = new[] { cluster.Gateway(), cluster.Gateway() };
            var scanned = cluster.Scanners.Scan(System.Text.Encoding.UTF8.GetBytes(resource));
            var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(
                i => Task.Run(() => gateways[i % 2].Create(scanned, $"identifier=s|{value}", Message()))));
            var results = answers.Select(Result).ToList();
            Assert.Equal(1, results.Count(result => result.Effect == ChangeEffect.Created));
            Assert.All(results, result => Assert.Equal((results[0].Key, 1), (result.Key, result.Version)));
        }
    }

    [Fact]
    public async Task The_same_condition_for_different_patients_makes_one_resource_too()
    {
        string value = Fresh("v");
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => cluster.Create(
            Observation($"Patient/{value}-{i % 4}", "," + Identifier(value)),
            $"identifier=s|{value}")));
        Assert.Single(answers.Select(answer => Result(answer).Key).Distinct());
        Assert.Equal(1, answers.Count(answer => Result(answer).Effect == ChangeEffect.Created));
    }

    [Fact]
    public async Task What_exists_is_found_wherever_it_is_and_the_look_is_logged_there()
    {
        string value = Fresh("v");
        string id = Fresh("d");
        await cluster.Update($"{{\"resourceType\":\"Practitioner\",\"id\":\"{id}\",{Identifier(value)}}}", id);
        var found = Result(await cluster.Create(Practitioner(), $"identifier=s|{value}"));
        Assert.Equal((new ResourceKey("Practitioner", id), 1, ChangeEffect.Unchanged), (found.Key, found.Version, found.Effect));
        Assert.Equal(["create", "update"], (await cluster.Accesses($"Practitioner/{id}")).Select(entry => entry.Interaction));
    }

    [Fact]
    public async Task Several_matches_are_an_error()
    {
        string value = Fresh("v");
        for (int i = 0; i < 2; i++)
            await cluster.Create($"{{\"resourceType\":\"Practitioner\",{Identifier(value)}}}");
        var rejected = Assert.IsType<Rejected>(await cluster.Create(Practitioner(), $"identifier=s|{value}"));
        Assert.Equal((RejectionKind.Ambiguous, "condition-ambiguous"), (rejected.Kind, rejected.Issues[0].Rule));
    }

    [Fact]
    public async Task After_a_delete_or_a_change_of_identifier_the_next_one_creates_again()
    {
        string value = Fresh("v");
        string resource = $"{{\"resourceType\":\"Practitioner\",{Identifier(value)}}}";
        var first = Result(await cluster.Create(resource, $"identifier=s|{value}"));
        await cluster.Gateway().Delete(first.Key, null, Message());
        var second = Result(await cluster.Create(resource, $"identifier=s|{value}"));
        Assert.Equal(ChangeEffect.Created, second.Effect);
        Assert.NotEqual(first.Key, second.Key);
        await cluster.Update($"{{\"resourceType\":\"Practitioner\",\"id\":\"{second.Key.Id}\",{Identifier(Fresh("w"))}}}", second.Key.Id);
        var third = Result(await cluster.Create(resource, $"identifier=s|{value}"));
        Assert.Equal(ChangeEffect.Created, third.Effect);
        var again = Result(await cluster.Create(resource, $"identifier=s|{value}"));
        Assert.Equal((third.Key, ChangeEffect.Unchanged), (again.Key, again.Effect));
    }

    [Fact]
    public async Task A_repeated_conditional_create_gets_its_first_answer()
    {
        string value = Fresh("v");
        string resource = $"{{\"resourceType\":\"Practitioner\",{Identifier(value)}}}";
        var message = Message();
        var first = Result(await cluster.Create(resource, $"identifier=s|{value}", message));
        Assert.Equal(ChangeEffect.Created, first.Effect);
        Assert.Equal(first, Result(await cluster.Create(resource, $"identifier=s|{value}", message)));
    }

    [Fact]
    public async Task Transactions_that_name_the_same_organization_do_not_make_a_second_one()
    {
        string value = Fresh("v");
        string organization = $"{{\"resourceType\":\"Organization\",\"name\":\"x\",{Identifier(value)}}}";
        var answers = await Task.WhenAll(Enumerable.Range(0, 32).Select(i => Task.Run(() => cluster.Bundle(Transaction(
            Entry("POST", "Organization", organization, Urn(1), $",\"ifNoneExist\":\"identifier=s|{value}\""),
            Entry("POST", "Patient", Patient($",\"managingOrganization\":{{\"reference\":\"{Urn(1)}\"}}"), Urn(2)))))));
        var results = answers.Select(Results).ToList();
        Assert.Single(results.Select(result => result[0].Key).Distinct());
        Assert.Equal(1, results.Count(result => result[0].Effect == ChangeEffect.Created));
        Assert.Equal(32, results.Select(result => result[1].Key).Distinct().Count());
        foreach (var result in results)
            Assert.Contains($"\"reference\":\"{results[0][0].Key}\"", await cluster.Body(result[1].Key), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_transaction_that_fails_leaves_no_trace_in_what_its_conditional_create_found()
    {
        string value = Fresh("v");
        var found = Result(await cluster.Create($"{{\"resourceType\":\"Organization\",\"name\":\"x\",{Identifier(value)}}}"));
        string id = Fresh("p");
        Assert.IsType<BundleFailed>(await cluster.Bundle(Transaction(
            Entry(
                "POST", "Organization", "{\"resourceType\":\"Organization\",\"name\":\"x\"}",
                more: $",\"ifNoneExist\":\"identifier=s|{value}\""),
            Entry("PUT", $"Patient/{id}", Patient($",\"id\":\"{id}\""), more: ",\"ifMatch\":\"W/\\\"3\\\"\""))));
        Assert.Equal(["create"], (await cluster.Accesses(found.Key.ToString())).Select(entry => entry.Interaction));
    }

    private static string Identifier(string value) => $"\"identifier\":[{{\"system\":\"s\",\"value\":\"{value}\"}}]";
}
