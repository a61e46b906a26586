using PatientGrains.Fhir.Tests.Mutations;
using Xunit.Abstractions;

namespace PatientGrains.Fhir.Tests;

/// <summary>Valid official examples, each broken in one way: the validator must name the rule and the place.</summary>
public class MutationTests(ITestOutputHelper output)
{
    private const int PerKind = 60;
    private const int Seed = 20261121;

    [RealDataFact("fhir-r4", "HL7 hl7.fhir.r4.examples 4.0.1")]
    public void Every_kind_of_mutation_is_refused_with_its_rule_at_its_place()
    {
        var scanner = new FhirScanner();
        var byType = RealData.OfficialExamples.Where(x => x.Length < 30_000).Select(x => scanner.Scan(x)).Where(x => x.IsValid)
            .GroupBy(x => x.Type, x => x.Source.ToArray()).Select(x => (Type: x.Key, Examples: x.ToArray())).ToArray();
        var missed = new List<string>();
        var allTypes = new HashSet<string>();
        foreach (var kind in MutationKinds.All)
        {
            var random = new Random(Seed);
            var types = new HashSet<string>();
            random.Shuffle(byType);
            int done = 0;
            // One of each type first: a rule that holds for Observations need not hold for all.
            foreach (var (type, example) in byType.SelectMany(x =>
                x.Examples.Select((e, i) => (x.Type, Example: e, Round: i))).OrderBy(x => x.Round).Select(x => (x.Type, x.Example)))
            {
                if (done == PerKind)
                    break;
                if (kind.Break(example, random) is not { } broken)
                    continue;
                done++;
                types.Add(type);
                var scanned = scanner.Scan(broken.Broken);
                if (scanned.IsValid || !scanned.Issues.Any(x => x.Rule == kind.Rule && x.Location == broken.Location))
                    missed.Add($"{kind.Name} in {type}: {kind.Rule} at {broken.Location} expected{OfficialExamplesTests.Show(scanned)}");
            }
            allTypes.UnionWith(types);
            output.WriteLine($"{kind.Name}: {done} resources of {types.Count} types");
            if (done == 0)
                missed.Add($"{kind.Name}: nothing to break");
        }
        output.WriteLine($"{MutationKinds.All.Length} kinds over {allTypes.Count} types");
        Assert.True(missed.Count == 0, $"{missed.Count} missed\n" + string.Join('\n', missed.Take(40)));
        Assert.True(MutationKinds.All.Length >= 25);
    }
}
