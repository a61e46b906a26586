using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace PatientGrains.House.Tests;

/// <summary>
/// How long files, methods and lines may be. What is over the line that asks for a look stands in SizeRatchet.txt with its size and a
/// reason, and may only shrink;
/// nothing passes the wall.
/// </summary>
internal static class SizeRules
{
    public const int FileLook = 300;
    public const int FileWall = 400;
    public const int MethodLook = 40;
    public const int MethodWall = 70;
    public const int LineWidth = 140;

    /// <summary>Sizes of all files and methods in lines; a method is named <c>path::Type.Method</c>.</summary>
    public static IEnumerable<Measured> Measure(CodeFile file)
    {
        yield return new Measured(file.Path, LinesOf(file.Text).Length, FileLook, FileWall);
        int top = file.Tree.ChildNodes().OfType<GlobalStatementSyntax>().Sum(Height);
        if (top > 0)
            yield return new Measured(file.Path + "::<top>", top, MethodLook, MethodWall);
        var seen = new Dictionary<string, int>();
        foreach (var node in file.Tree.DescendantNodes())
        {
            if (NameOf(node) is not { } method)
                continue;
            string type = node.Ancestors().OfType<BaseTypeDeclarationSyntax>().FirstOrDefault()?.Identifier.Text ?? "";
            string name = $"{file.Path}::{type}.{method}";
            int before = seen.GetValueOrDefault(name);
            seen[name] = before + 1;
            yield return new Measured(before == 0 ? name : $"{name}#{before + 1}", Height(node), MethodLook, MethodWall);
        }
    }

    public static IEnumerable<string> Violations(IEnumerable<Measured> sizes, IReadOnlyDictionary<string, int> ratchet)
    {
        var left = new HashSet<string>(ratchet.Keys);
        foreach (var (name, lines, look, wall) in sizes)
        {
            left.Remove(name);
            bool listed = ratchet.TryGetValue(name, out int allowed);
            if (lines > wall)
                yield return $"{name} has {lines} lines; {wall} is the wall: split it.";
            else if (lines > look && !listed)
                yield return $"{name} has {lines} lines, over {look}: split it, or add a line with its reason: {lines} {name} # why";
            else if (listed && lines > allowed)
                yield return $"{name} grew from {allowed} to {lines} lines; what is listed may only shrink.";
            else if (listed && lines < allowed)
                yield return $"{name} shrank from {allowed} to {lines} lines: {SizeRatchet.HowToLower}";
        }
        foreach (string gone in left)
            yield return $"{gone} is listed, but is not there: {SizeRatchet.HowToLower}";
    }

    /// <summary>
    /// How many lines of each project are too long, as <c>project::long-lines</c>: none is the aim, and the number may only fall.
    /// </summary>
    public static IEnumerable<Measured> LongLines(IEnumerable<CodeFile> files) =>
        from file in files
        group LinesOf(file.Text).Count(line => line.Length > LineWidth) by file.Project into counts
        let sum = counts.Sum()
        where sum > 0
        select new Measured(counts.Key + "::long-lines", sum, 0, int.MaxValue);

    private static string[] LinesOf(string text) => text.TrimEnd('\n').Split('\n');

    /// <summary>From the signature to the last brace; attributes and documentation do not count.</summary>
    private static int Height(SyntaxNode node)
    {
        var lines = node.SyntaxTree.GetLineSpan(node.Span);
        var attributes = node.ChildNodes().OfType<AttributeListSyntax>().LastOrDefault();
        int start = attributes is null
            ? lines.StartLinePosition.Line
            : node.SyntaxTree.GetLineSpan(attributes.GetLastToken().GetNextToken().Span).StartLinePosition.Line;
        return lines.EndLinePosition.Line - start + 1;
    }

    private static string? NameOf(SyntaxNode node) => node switch
    {
        MethodDeclarationSyntax method => method.Identifier.Text,
        LocalFunctionStatementSyntax local => local.Identifier.Text,
        ConstructorDeclarationSyntax => "new",
        OperatorDeclarationSyntax operation => operation.OperatorToken.Text,
        IndexerDeclarationSyntax => "this",
        PropertyDeclarationSyntax property when HasCode(property) => property.Identifier.Text,
        _ => null,
    };

    /// <summary>A property that only holds a table is data, not a method.</summary>
    private static bool HasCode(PropertyDeclarationSyntax property) =>
        property.ExpressionBody is not null || (property.AccessorList?.Accessors.Any(accessor => accessor.Body is not null) ?? false);
}

/// <param name="Name">Path, or path and method.</param>
/// <param name="Lines">Its size.</param>
/// <param name="Look">Over this it needs a reason.</param>
/// <param name="Wall">Over this there is no reason.</param>
internal sealed record Measured(string Name, int Lines, int Look, int Wall);

/// <summary>The committed list of what is over the line that asks for a look: <c>lines name # reason</c>.</summary>
internal static class SizeRatchet
{
    public const string File = "tests/PatientGrains.House.Tests/SizeRatchet.txt";

    /// <summary>Set to 1, it lets a run of these tests lower and remove entries; none is ever added or raised that way.</summary>
    public const string Variable = "LOWER_SIZE_RATCHET";

    public const string HowToLower = $"run `{Variable}=1 dotnet test tests/PatientGrains.House.Tests -c Release` and commit {File}.";

    public static IReadOnlyDictionary<string, int> Parse(string text)
    {
        var entries = new Dictionary<string, int>();
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (line.StartsWith('#'))
                continue;
            if (line.Split('#', 2) is not [var entry, { Length: > 3 }] || entry.Trim().Split(' ', 2) is not [var lines, var name])
                throw new FormatException($"Expected `lines name # reason` in {File}, found: {line}");
            entries.Add(name, int.Parse(lines));
        }
        return entries;
    }

    /// <summary>The list with every entry lowered to its present size, and without those that need none any more.</summary>
    public static string Lower(string text, IReadOnlyDictionary<string, Measured> sizes)
    {
        var kept = new List<string>();
        foreach (string line in text.TrimEnd('\n').Split('\n'))
        {
            if (line.StartsWith('#') || Parse(line).ToArray() is not [var (name, allowed)])
                kept.Add(line);
            else if (sizes.TryGetValue(name, out var size) && size.Lines > size.Look)
                kept.Add($"{Math.Min(allowed, size.Lines)}{line[line.IndexOf(' ')..]}");
        }
        return string.Join('\n', kept) + "\n";
    }
}
