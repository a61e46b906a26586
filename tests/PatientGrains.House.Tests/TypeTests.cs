using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace PatientGrains.House.Tests;

/// <summary>What types may be called, and which interfaces may be.</summary>
internal static class TypeRules
{
    /// <summary>Names that say nothing about what a type is.</summary>
    private static readonly string[] EmptyEndings =
        ["Wrapper", "Manager", "Helper", "Helpers", "Service", "Processor", "Dto", "Utils", "Util", "Extensions", "Impl"];

    /// <summary>Interfaces with one implementation of ours, each with its reason.</summary>
    private static readonly IReadOnlyDictionary<string, string> LoneInterfaces = new Dictionary<string, string>
    {
        // Nothing yet. A grain's interface needs no entry: it is a process boundary; nor do those of Orleans.Local: they are Orleans's.
    };

    public static IEnumerable<string> EmptyNames(IEnumerable<CodeFile> files) =>
        from file in files
        from type in file.Tree.DescendantNodes().OfType<BaseTypeDeclarationSyntax>()
        from ending in EmptyEndings
        where type.Identifier.Text.EndsWith(ending, StringComparison.Ordinal) && file.Project != "Orleans.Local"
        select $"{file.At(type)}: {type.Identifier.Text} ends in {ending}: name it after what it is.";

    public static IEnumerable<string> NeedlessInterfaces(IReadOnlyList<CodeFile> files)
    {
        var types = files.SelectMany(file => file.Tree.DescendantNodes().OfType<TypeDeclarationSyntax>().Select(type => (file, type)))
            .ToArray();
        var bases = types.ToLookup(declared => declared.type.Identifier.Text, declared => Bases(declared.type));
        foreach (var (file, type) in types)
        {
            string name = type.Identifier.Text;
            if (type is not InterfaceDeclarationSyntax || file.Project == "Orleans.Local" || LoneInterfaces.ContainsKey(name))
                continue;
            if (All(name).Any(up => up.StartsWith("IGrain", StringComparison.Ordinal)))
                continue;
            string[] implemented = [.. types
                .Where(other => other.type is not InterfaceDeclarationSyntax && All(other.type.Identifier.Text).Contains(name))
                .Select(other => other.type.Identifier.Text)
                .Distinct()];
            if (implemented.Length < 2)
                yield return $"{file.At(type)}: {name} is implemented by {implemented.FirstOrDefault("nothing")} alone: use the class.";
        }

        HashSet<string> All(string type)
        {
            var found = new HashSet<string>();
            var open = new Stack<string>([type]);
            while (open.TryPop(out string? next))
            {
                foreach (string up in bases[next].SelectMany(up => up).Where(found.Add))
                    open.Push(up);
            }
            return found;
        }
    }

    private static IEnumerable<string> Bases(TypeDeclarationSyntax type) =>
        (type.BaseList?.Types ?? []).Select(up => up.Type switch
        {
            SimpleNameSyntax simple => simple.Identifier.Text,
            QualifiedNameSyntax qualified => qualified.Right.Identifier.Text,
            var other => other.ToString(),
        });
}

public class TypeTests
{
    [Fact]
    public void Types_are_named_after_what_they_are() => House.Holds(TypeRules.EmptyNames(Repository.Code));

    [Theory]
    [InlineData("class PatientManager;")]
    [InlineData("record struct ResourceDto;")]
    [InlineData("interface IAuditService;")]
    [InlineData("static class StringExtensions;")]
    public void A_name_that_says_nothing_is_caught(string text) =>
        Assert.Single(TypeRules.EmptyNames([new CodeFile("src/PatientGrains.Core/A.cs", text)]));

    [Fact]
    public void Interfaces_have_two_implementations_or_cross_a_process() => House.Holds(TypeRules.NeedlessInterfaces(Repository.Code));

    [Theory]
    [InlineData("interface IClock; class Clock : IClock;", "Clock alone")]
    [InlineData("interface IClock;", "nothing alone")]
    [InlineData("interface IClock; interface ILoud : IClock; class A : ILoud; class B : IClock;", "A alone")]
    public void An_interface_of_one_class_is_caught(string text, string complaint) =>
        Assert.Contains(complaint, Assert.Single(TypeRules.NeedlessInterfaces([new CodeFile("src/PatientGrains.Core/A.cs", text)])));

    [Theory]
    [InlineData("interface ILog; class Sqlite : ILog; sealed class InMemory : ILog;")]
    [InlineData("interface IPatientGrain : IRecordGrain; interface IRecordGrain : Orleans.IGrainWithStringKey;")]
    public void An_interface_with_a_reason_is_left_alone(string text) =>
        Assert.Empty(TypeRules.NeedlessInterfaces([new CodeFile("src/PatientGrains.Core/A.cs", text)]));
}
