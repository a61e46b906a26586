using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace PatientGrains.House.Tests;

/// <summary>
/// Every kind of event has a stable name, is folded, and lies in the tree as a sample that is replayed for ever; commands and outcomes,
/// which cross between versions of the program too, have a name and a sample.
/// </summary>
internal static class VocabularyRules
{
    public const string Samples = "tests/PatientGrains.Core.Tests/Contracts";

    private static readonly string[] Roots = ["Event", "Command", "Outcome"];

    public static IEnumerable<string> Violations(IReadOnlyList<CodeFile> core, Func<string, bool> exists)
    {
        var types = core.SelectMany(file => file.Tree.DescendantNodes().OfType<RecordDeclarationSyntax>().Select(type => (file, type)))
            .ToArray();
        foreach (string root in Roots)
        {
            var names = Names(types.Select(found => found.type).Single(type => type.Identifier.Text == root));
            foreach (var twice in names.GroupBy(name => name.Value).Where(group => group.Count() > 1))
                yield return $"{root}: the name {twice.Key} is given twice.";
            foreach (var (file, type) in types.Where(found => Derives(found.type, root, types.Select(other => other.type))))
            {
                string name = type.Identifier.Text;
                if (!names.TryGetValue(name, out string? stable))
                    yield return $"{file.At(type)}: {name} has no stable name: add [JsonDerivedType(typeof({name}), \"...\")] to {root}.";
                else if (!exists($"{Samples}/{root.ToLowerInvariant()}.{stable}.json"))
                    yield return $"{Samples}/{root.ToLowerInvariant()}.{stable}.json is missing: the contract tests say how to write it.";
            }
        }
        string[] folded = [.. Folded(core)];
        foreach (var (file, type) in types.Where(found =>
            Derives(found.type, "Event", types.Select(other => other.type)) && !folded.Contains(found.type.Identifier.Text)))
            yield return $"{file.At(type)}: {type.Identifier.Text} is not handled in RecordFold.Evolve.";
    }

    /// <summary>Whether it can be made and is of the root's family, however far down; what is abstract has no name of its own.</summary>
    private static bool Derives(RecordDeclarationSyntax type, string root, IEnumerable<RecordDeclarationSyntax> all) =>
        !type.Modifiers.Any(SyntaxKind.AbstractKeyword) && IsBelow(type, root, [.. all]);

    private static bool IsBelow(RecordDeclarationSyntax type, string root, RecordDeclarationSyntax[] all) =>
        type.BaseList?.Types.Select(up => (up is PrimaryConstructorBaseTypeSyntax made ? made.Type : up.Type).ToString())
            .Any(up => up == root || all.Any(other => other.Identifier.Text == up && IsBelow(other, root, all))) ?? false;

    private static Dictionary<string, string> Names(RecordDeclarationSyntax root) => root.AttributeLists
        .SelectMany(list => list.Attributes)
        .Where(attribute => attribute.Name.ToString() == "JsonDerivedType")
        .Select(attribute => attribute.ArgumentList!.Arguments)
        .ToDictionary(
            arguments => ((TypeOfExpressionSyntax)arguments[0].Expression).Type.ToString(),
            arguments => ((LiteralExpressionSyntax)arguments[1].Expression).Token.ValueText);

    /// <summary>Types named by the arms of the switch in RecordFold.Evolve.</summary>
    private static IEnumerable<string> Folded(IEnumerable<CodeFile> core) =>
        from file in core
        from method in file.Tree.DescendantNodes().OfType<MethodDeclarationSyntax>()
        where method.Identifier.Text == "Evolve" && method.Parent is ClassDeclarationSyntax { Identifier.Text: "RecordFold" }
        from arm in method.DescendantNodes()
        where arm is CasePatternSwitchLabelSyntax or CaseSwitchLabelSyntax
        from name in arm.DescendantNodes().OfType<IdentifierNameSyntax>()
        select name.Identifier.Text;
}

public class EventTests
{
    private const string Whole = """
        [JsonDerivedType(typeof(Born), "born")] abstract record Event;
        sealed record Born : Event;
        [JsonDerivedType(typeof(Ask), "ask")] abstract record Command;
        sealed record Ask : Command;
        [JsonDerivedType(typeof(Said), "said")] abstract record Outcome;
        sealed record Said : Outcome;
        static class RecordFold { static void Evolve(Event e) { switch (e) { case Born born: break; } } }
        """;

    [Fact]
    public void Every_event_command_and_outcome_is_named_and_sampled_and_every_event_is_folded() =>
        House.Holds(VocabularyRules.Violations([.. Repository.Code.Where(file => file.Project == "PatientGrains.Core")],
            Repository.Exists));

    [Theory]
    [InlineData("case Born born: break;", "default: break;", "not handled")]
    [InlineData("""[JsonDerivedType(typeof(Born), "born")]""", "", "no stable name")]
    [InlineData("sealed record Born : Event;", "sealed record Born : Event; sealed record Moved : Event;", "no stable name")]
    [InlineData("sealed record Born : Event;", "sealed record Born : Event; abstract record Move : Event; sealed record Left : Move;",
        "Left has no stable name")]
    [InlineData("sealed record Ask : Command;", "sealed record Ask : Command; sealed record Tell(int X) : Command;", "no stable name")]
    [InlineData("\"said\"", "\"said-otherwise\"", "is missing")]
    public void A_nameless_unsampled_or_unfolded_event_is_caught(string part, string instead, string complaint)
    {
        string[] samples = ["event.born.json", "command.ask.json", "outcome.said.json"];
        var found = VocabularyRules.Violations([new CodeFile("src/PatientGrains.Core/A.cs", Whole.Replace(part, instead))],
            path => samples.Contains(path.Split('/')[^1]));
        Assert.Contains(found, violation => violation.Contains(complaint));
    }

    [Fact]
    public void A_whole_vocabulary_is_left_alone() =>
        Assert.Empty(VocabularyRules.Violations(
            [new CodeFile("src/PatientGrains.Core/A.cs", Whole + " abstract record Move : Event;")], _ => true));
}
